#include <algorithm>
#include <cstring>

#include "kernels/packing.hpp"
#include "runtime/ops/conv_shape.hpp"
#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/spatial.hpp"
#include "runtime/ops/tile_grid.hpp"

namespace octavo::ops {
namespace {

/// Splits the lines of a padded copy over the threads. `border(p, n)` fills n elements of padding,
/// `line(p, source, image)` one line of the input.
template <class T, class Border, class Line>
void write_padded(const ConvShape& shape, const float* x, T* out, Workers& workers,
                  const Border& border, const Line& line) {
  const auto channels = static_cast<std::size_t>(shape.in_channels);
  const std::size_t line_size = static_cast<std::size_t>(shape.padded_width()) * channels;
  const std::size_t left = static_cast<std::size_t>(shape.pad_left) * channels;
  const std::size_t right = static_cast<std::size_t>(shape.pad_right) * channels;
  const std::size_t length = static_cast<std::size_t>(shape.in_width) * channels;
  const auto lines = static_cast<std::size_t>(shape.images * shape.padded_height());
  for_ranges(workers, lines, line_size, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
      T* to = out + i * line_size;
      const std::int64_t image = static_cast<std::int64_t>(i) / shape.padded_height();
      const std::int64_t y = static_cast<std::int64_t>(i) % shape.padded_height() - shape.pad_top;
      if (y < 0 || y >= shape.in_height) {
        border(to, line_size, static_cast<std::size_t>(image));
        continue;
      }
      const float* from = x + static_cast<std::size_t>(image * shape.in_height + y) * length;
      border(to, left, static_cast<std::size_t>(image));
      line(to + left, from, length, static_cast<std::size_t>(image));
      border(to + left + length, right, static_cast<std::size_t>(image));
    }
  });
}

/// The weights of all groups, packed group by group.
template <class Packed, class T>
std::vector<Packed> pack_groups(const ConvShape& shape, bool merge_lines,
                                std::span<const T> weights) {
  const kernels::WeightShape group = shape.weights(merge_lines);
  std::vector<Packed> packed;
  for (std::size_t g = 0; g < static_cast<std::size_t>(shape.groups); ++g) {
    packed.emplace_back(weights.subspan(g * group.size(), group.size()), group);
  }
  return packed;
}

template <class Packed>
std::size_t packed_bytes(const std::vector<Packed>& groups) {
  std::size_t bytes = 0;
  for (const Packed& group : groups) bytes += group.bytes();
  return bytes;
}

TileGrid make_grid(const ConvShape& shape, std::size_t threads) {
  return {shape.rows(), shape.weights(false).panels(), shape.macs(), threads};
}

class FloatConv final : public Step {
 public:
  FloatConv(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        copy_(copies_input(shape_)),
        merge_(shape_.lines_contiguous() && (copy_ || !shape_.padded())),
        weights_(pack_groups<kernels::PackedFloat, float>(shape_, merge_,
                                                          float_weights_in_kernel_order(node))),
        epilogue_(node),
        zeros_(shape_.weights(merge_).depth),
        grid_(make_grid(shape_, context.threads)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::FloatProduct product;
    product.a = memory.input<float>(0);
    if (copy_) {
      auto* padded = reinterpret_cast<float*>(memory.scratch);
      write_padded(
          shape_, product.a, padded, workers,
          [](float* to, std::size_t n, std::size_t) noexcept { std::fill_n(to, n, 0.0F); },
          [](float* to, const float* from, std::size_t n, std::size_t) noexcept {
            std::memcpy(to, from, n * sizeof(float));
          });
      product.a = padded;
    }
    product.rows = shape_.row_map(copy_, merge_);
    product.zeros = zeros_.data();
    product.activation = epilogue_.activation();
    product.out = memory.output<float>(0);
    product.out_stride = static_cast<std::size_t>(shape_.out_channels);
    kernels::Extrema extrema;
    for (const kernels::PackedFloat& group : weights_) {
      const auto g = static_cast<std::size_t>(&group - weights_.data());
      kernels::FloatProduct part = product;
      part.a += g * shape_.group_channels();
      part.out += g * shape_.group_columns();
      group.bind(part);
      part.bias = epilogue_.bias() ? epilogue_.bias() + g * shape_.group_columns() : nullptr;
      extrema.merge(grid_.run(workers, [&](const kernels::Tile& tile) noexcept {
        return kernels_.float_product(part, tile);
      }));
    }
    *memory.output_extrema = extrema;
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return copy_ ? shape_.padded_elements() * sizeof(float) + kernels::kReadSlack : 0;
  }
  [[nodiscard]] bool gives_extrema() const override { return true; }
  [[nodiscard]] std::size_t weight_bytes() const override { return packed_bytes(weights_); }

 private:
  /// Few channels make short segments: there, copying the input once with its padding is cheaper
  /// than walking every kernel tap of every row.
  static bool copies_input(const ConvShape& shape) {
    constexpr std::int64_t kFewChannels = 16;
    return shape.padded() && shape.lines_contiguous() && shape.kernel_width > 1 &&
           shape.in_channels < kFewChannels;
  }

  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  bool copy_;
  bool merge_;
  std::vector<kernels::PackedFloat> weights_;
  ProductEpilogue epilogue_;
  kernels::AlignedBuffer<float> zeros_;
  TileGrid grid_;
};

class Int8Conv final : public Step {
 public:
  Int8Conv(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        merge_(shape_.lines_contiguous()),
        weights_(pack_groups<kernels::PackedInt8, std::int8_t>(shape_, merge_,
                                                               int8_weights_in_kernel_order(node))),
        epilogue_(node),
        quantizer_(context, node.input(0).name, static_cast<std::size_t>(shape_.images),
                   element_count(node.shape(0)) / static_cast<std::size_t>(shape_.images)),
        grid_(make_grid(shape_, context.threads)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto* x = memory.input<float>(0);
    auto* quantized = reinterpret_cast<std::uint8_t*>(memory.scratch + quantizer_.scratch_bytes());
    const auto quantization = quantizer_.choose(x, memory.input_extrema, memory.scratch, workers);
    quantize_input(x, quantization, quantized, workers);

    kernels::Int8Product product;
    product.a = quantized;
    product.rows = shape_.row_map(true, merge_);
    product.quantization = quantization.data();
    product.rows_per_range = shape_.rows() / quantization.size();
    product.activation = epilogue_.activation();
    product.out = memory.output<float>(0);
    product.out_stride = static_cast<std::size_t>(shape_.out_channels);
    kernels::Extrema extrema;
    for (const kernels::PackedInt8& group : weights_) {
      const auto g = static_cast<std::size_t>(&group - weights_.data());
      const std::size_t column = g * shape_.group_columns();
      kernels::Int8Product part = product;
      part.a += g * shape_.group_channels();
      part.out += column;
      group.bind(part);
      part.b_scales = epilogue_.weight_scales() + column;
      part.bias = epilogue_.bias() ? epilogue_.bias() + column : nullptr;
      extrema.merge(grid_.run(workers, [&](const kernels::Tile& tile) noexcept {
        return kernels_.int8_product(part, tile);
      }));
    }
    *memory.output_extrema = extrema;
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return quantizer_.scratch_bytes() + shape_.padded_elements() + kernels::kReadSlack;
  }
  [[nodiscard]] bool gives_extrema() const override { return true; }
  [[nodiscard]] std::size_t weight_bytes() const override { return packed_bytes(weights_); }
  [[nodiscard]] Precision precision() const override { return Precision::int8; }
  [[nodiscard]] std::string kernel() const override {
    return describe_methods(weights_.front().methods());
  }

 private:
  void quantize_input(const float* x, std::span<const kernels::Quantization> quantization,
                      std::uint8_t* out, Workers& workers) const {
    if (!shape_.padded()) {
      const auto lines = static_cast<std::size_t>(shape_.images * shape_.in_height);
      const auto length = static_cast<std::size_t>(shape_.in_width * shape_.in_channels);
      quantize_lines(kernels_, x, lines, length, quantization, out, workers);
      return;
    }
    const auto of_image = [&](std::size_t image) -> const kernels::Quantization& {
      return quantization[quantization.size() == 1 ? 0 : image];
    };
    write_padded(
        shape_, x, out, workers,
        [&](std::uint8_t* to, std::size_t n, std::size_t image) noexcept {
          std::memset(to, of_image(image).zero_point, n);
        },
        [&](std::uint8_t* to, const float* from, std::size_t n, std::size_t image) noexcept {
          kernels_.quantize(from, n, of_image(image), to);
        });
  }

  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  bool merge_;
  std::vector<kernels::PackedInt8> weights_;
  ProductEpilogue epilogue_;
  DynamicQuantizer quantizer_;
  TileGrid grid_;
};

class DepthwiseConv final : public Step {
 public:
  DepthwiseConv(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        weights_(shape_.weights(false).segments * static_cast<std::size_t>(shape_.groups)),
        epilogue_(node),
        extrema_(2 * context.threads) {
    const std::vector<float> weights = float_weights_in_kernel_order(node);
    const auto channels = static_cast<std::size_t>(shape_.groups);
    const std::size_t taps = weights.size() / channels;
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t s = 0; s < taps; ++s) weights_[s * channels + c] = weights[c * taps + s];
    }
  }

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::DepthwiseProduct product;
    product.a = memory.input<float>(0);
    product.rows = shape_.row_map(false, false);
    product.channels = static_cast<std::size_t>(shape_.in_channels);
    product.weights = weights_.data();
    product.bias = epilogue_.bias();
    product.activation = epilogue_.activation();
    product.out = memory.output<float>(0);
    constexpr std::uint64_t kMinMacs = 100'000;
    const auto lines = static_cast<std::size_t>(shape_.images * shape_.out_height);
    const std::size_t parts = shape_.macs() < kMinMacs ? 1 : std::min(lines, extrema_.size());
    workers.for_each(parts, [&](std::size_t i) noexcept {
      extrema_[i] = kernels_.depthwise_product(product, lines * i / parts, lines * (i + 1) / parts);
    });
    kernels::Extrema extrema;
    for (std::size_t i = 0; i < parts; ++i) extrema.merge(extrema_[i]);
    *memory.output_extrema = extrema;
  }

  [[nodiscard]] bool gives_extrema() const override { return true; }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_.bytes(); }
  [[nodiscard]] std::string kernel() const override { return "float32 depthwise"; }

 private:
  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  kernels::AlignedBuffer<float> weights_;
  ProductEpilogue epilogue_;
  std::vector<kernels::Extrema> extrema_;  ///< per part of the work
};

void infer_conv(InferContext& node) {
  node.require_type(0, DataType::float32);
  check_product_constants(node);
  const Shape& x = node.shape(0);
  const Shape& weight = node.shape(1);
  if (x.size() < 3 || x.size() > 4) {
    node.fail(ErrorCode::unsupported, "input '" + node.input(0).name + "' has shape " +
                                          to_string(x) +
                                          "; convolutions in one and two dimensions are supported");
  }
  node.require_rank(1, x.size());
  const std::int64_t group = node.integer("group", 1);
  if (group < 1 || x[1] % group != 0 || weight[0] % group != 0 || x[1] / group != weight[1]) {
    node.fail(ErrorCode::invalid_graph, "input " + to_string(x) + ", weight " + to_string(weight) +
                                            " and group " + std::to_string(group) +
                                            " do not fit together");
  }
  const std::span<const std::int64_t> kernel(weight.begin() + 2, weight.end());
  const std::vector<std::int64_t> declared =
      node.integers("kernel_shape", {kernel.begin(), kernel.end()});
  if (!std::ranges::equal(declared, kernel)) {
    node.fail(ErrorCode::invalid_graph, "kernel_shape " + to_string(declared) +
                                            " differs from that of weight " + to_string(weight));
  }
  const std::span<const std::int64_t> spatial(x.begin() + 2, x.end());
  Shape shape{x[0], weight[0]};
  std::ranges::copy(spatial_window(node, spatial, kernel).output(spatial),
                    std::back_inserter(shape));
  node.set_output(0, DataType::float32, std::move(shape));
}

std::unique_ptr<Step> prepare_conv(const NodeView& node, const PlanContext& context) {
  const ConvShape shape(node);
  if (shape.depthwise()) return std::make_unique<DepthwiseConv>(node, context);
  if (context.precision == Precision::int8) return std::make_unique<Int8Conv>(node, context);
  return std::make_unique<FloatConv>(node, context);
}

}  // namespace

const Operator& Conv_operator() {
  static const Operator op{
      .min_inputs = 2,
      .max_inputs = 4,
      .max_outputs = 1,
      .attributes = {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides",
                     "activation", "activation_alpha", "activation_beta"},
      .layout = LayoutRule::channels_last,
      .infer = infer_conv,
      .prepare = prepare_conv};
  return op;
}

}  // namespace octavo::ops
