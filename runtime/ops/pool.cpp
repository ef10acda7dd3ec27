#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/pool_steps.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/spatial.hpp"

namespace octavo::ops {
namespace {

using kernels::Pool;
using kernels::PoolMethod;

/// More positions under a window than any network has; keeps a hostile file from hanging run().
constexpr std::int64_t kLargestWindow = std::int64_t{1} << 24;

class PoolStep final : public Step {
 public:
  PoolStep(const PlanContext& context, const Pool& pool, std::size_t images,
           std::vector<float> corrections)
      : table_(context.kernels),
        pool_(pool),
        images_(images),
        corrections_(std::move(corrections)),
        extrema_(context.threads) {}

  void run(const StepMemory& memory, Workers& workers) override {
    Pool pool = pool_;
    pool.a = memory.input<float>(0);
    pool.wants_extrema = memory.output_extrema != nullptr;
    pool.out = memory.output<float>(0);
    const auto height = static_cast<std::size_t>(pool.rows.out_height);
    const auto taps = static_cast<std::size_t>(pool.rows.segments());
    const std::size_t line = static_cast<std::size_t>(pool.rows.out_width) * pool.channels;
    memory.give_extrema(extrema_of_ranges(
        workers, images_ * height, line * taps, extrema_, [&](std::size_t begin, std::size_t end) {
          const kernels::Extrema extrema = table_->pool(pool, begin, end);
          if (!corrections_.empty()) correct(pool, begin, end);
          return extrema;
        }));
  }
  [[nodiscard]] bool gives_extrema() const override { return corrections_.empty(); }

 private:
  void correct(const Pool& pool, std::size_t begin, std::size_t end) const {
    const auto width = static_cast<std::size_t>(pool.rows.out_width);
    for (std::size_t row = begin * width; row < end * width; ++row) {
      const float factor = corrections_[row % corrections_.size()];
      if (factor == 1.0F) continue;
      float* out = pool.out + row * pool.channels;
      for (std::size_t c = 0; c < pool.channels; ++c) out[c] *= factor;
    }
  }

  const kernels::KernelTable* table_;
  Pool pool_;
  std::size_t images_;
  std::vector<float> corrections_;         ///< factors by output position; empty: none
  std::vector<kernels::Extrema> extrema_;  ///< per part of the work
};

/// A window of which at least one position lies inside the input, wherever it stands.
SpatialWindow pool_window(const NodeView& node, std::span<const std::int64_t> input) {
  if (!node.has_attribute("kernel_shape")) {
    node.fail(ErrorCode::invalid_graph, "attribute 'kernel_shape' is missing");
  }
  SpatialWindow window = spatial_window(node, input, node.integers("kernel_shape", {}));
  std::int64_t size = 1;
  for (std::size_t i = 0; i < window.rank(); ++i) {
    size *= window.kernel[i];
    const bool outside = std::max(window.pads_begin[i], window.pads_end[i]) >= window.extent(i);
    const bool stepped_over = window.pads_begin[i] > 0 && window.dilations[i] > input[i];
    if (outside || stepped_over) {
      node.fail(ErrorCode::unsupported,
                concat({"windows along spatial dimension ", i, " can miss the input (", input[i],
                        " positions, padded by ", window.pads_begin[i], " and ", window.pads_end[i],
                        ")"}));
    }
  }
  if (size > kLargestWindow) {
    node.fail(ErrorCode::limit_exceeded, concat({"the window has ", size, " positions, at most ",
                                                 kLargestWindow, " are supported"}));
  }
  return window;
}

bool ceil_mode(const NodeView& node) {
  return node.integer("ceil_mode", 0) != 0;
}

void infer_pool(InferContext& node) {
  const Shape& in = node.shape(0);
  if (in.size() < 3) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input 0 has shape ", in, ", which has no spatial dimensions"}));
  }
  if (node.node().op == Op::LpPool && node.integer("p", 2) < 1) {
    node.fail(ErrorCode::invalid_graph, "p is less than 1");
  }
  const std::span<const std::int64_t> spatial = std::span(in).subspan(2);
  const std::vector<std::int64_t> positions =
      pool_window(node, spatial).output(spatial, ceil_mode(node));
  Shape shape{in[0], in[1]};
  shape.insert(shape.end(), positions.begin(), positions.end());
  node.set_output(0, node.input(0).type, shape);
  if (node.has_output(1)) node.set_output(1, DataType::int64, std::move(shape));
}

/// Whether there is a kernel: floats in one or two dimensions, without the positions of maxima.
bool has_kernel(const NodeView& node) {
  return node.shape(0).size() <= 4 && node.input(0).type == DataType::float32 &&
         !node.has_output(1) && node.node().op != Op::LpPool;
}

/// For each output position of an axis, how many window positions lie inside the padded input.
std::vector<std::int64_t> counts(const SpatialWindow& window, std::size_t axis, std::int64_t input,
                                 std::int64_t positions) {
  std::vector<std::int64_t> result;
  const std::int64_t padded = input + window.pads_begin[axis] + window.pads_end[axis];
  for (std::int64_t i = 0; i < positions; ++i) {
    const std::int64_t room = padded - 1 - i * window.strides[axis];
    result.push_back(std::min(room / window.dilations[axis] + 1, window.kernel[axis]));
  }
  return result;
}

/// With count_include_pad, windows that ceil_mode lets reach past the padding are divided by the
/// positions up to its end only: the factors that turn division by the kernel's size into that.
std::vector<float> overhang_corrections(const SpatialWindow& window,
                                        std::span<const std::int64_t> input,
                                        std::span<const std::int64_t> positions) {
  std::vector<double> factors{1.0};
  for (std::size_t axis = 0; axis < window.rank(); ++axis) {
    std::vector<double> next;
    const std::vector<std::int64_t> along = counts(window, axis, input[axis], positions[axis]);
    for (const double factor : factors) {
      for (const std::int64_t count : along) {
        next.push_back(factor * static_cast<double>(window.kernel[axis]) /
                       static_cast<double>(count));
      }
    }
    factors = std::move(next);
  }
  if (std::ranges::all_of(factors, [](double factor) { return factor == 1.0; })) return {};
  return {factors.begin(), factors.end()};
}

std::unique_ptr<Step> prepare_pool(const NodeView& node, const PlanContext& context) {
  const Shape& in = node.shape(0);
  const std::size_t rank = in.size() - 2;
  const std::span<const std::int64_t> input = std::span(in).subspan(1, rank);
  const std::span<const std::int64_t> positions = std::span(node.output(0).shape).subspan(1, rank);
  const SpatialWindow window = pool_window(node, input);
  if (!has_kernel(node)) return make_loop_pool(node, window);

  Pool pool;
  const auto channels = in.back();
  pool.channels = static_cast<std::size_t>(channels);
  const std::size_t x = rank - 1;
  pool.rows.out_width = positions[x];
  pool.rows.in_width = input[x];
  pool.rows.kernel_width = window.kernel[x];
  pool.rows.stride_width = window.strides[x];
  pool.rows.dilation_width = window.dilations[x];
  pool.rows.pad_left = window.pads_begin[x];
  if (rank == 2) {
    pool.rows.out_height = positions[0];
    pool.rows.in_height = input[0];
    pool.rows.kernel_height = window.kernel[0];
    pool.rows.stride_height = window.strides[0];
    pool.rows.dilation_height = window.dilations[0];
    pool.rows.pad_top = window.pads_begin[0];
  }
  pool.rows.pixel_stride = channels;
  pool.rows.line_stride = pool.rows.in_width * channels;
  pool.rows.image_stride = pool.rows.in_height * pool.rows.line_stride;

  const std::size_t images = element_count(in) == 0 ? 0 : static_cast<std::size_t>(in[0]);
  std::vector<float> corrections;
  if (node.node().op == Op::AveragePool) {
    pool.method = PoolMethod::average;
    if (node.integer("count_include_pad", 0) != 0) {
      pool.divisor = pool.rows.segments();
      if (images != 0) corrections = overhang_corrections(window, input, positions);
    }
  }
  return std::make_unique<PoolStep>(context, pool, images, std::move(corrections));
}

void infer_global(InferContext& node) {
  if (node.node().op == Op::GlobalLpPool && node.integer("p", 2) < 1) {
    node.fail(ErrorCode::invalid_graph, "p is less than 1");
  }
  Shape shape = node.shape(0);
  if (shape.size() < 3 || std::find(shape.begin() + 2, shape.end(), 0) != shape.end()) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input 0 has shape ", shape, ", which has no positions to pool"}));
  }
  std::fill(shape.begin() + 2, shape.end(), 1);
  node.set_output(0, DataType::float32, std::move(shape));
}

/// One window as large as the image; all spatial dimensions but the last form its height.
std::unique_ptr<Step> prepare_global(const NodeView& node, const PlanContext& context) {
  const Shape& in = node.shape(0);
  if (node.node().op == Op::GlobalLpPool) {
    const std::vector<std::int64_t> input(in.begin() + 1, in.end() - 1);
    const std::vector<std::int64_t> ones(input.size(), 1), zeros(input.size(), 0);
    return make_loop_pool(node, {input, ones, ones, zeros, zeros});
  }
  Pool pool;
  pool.method = node.node().op == Op::GlobalMaxPool ? PoolMethod::maximum : PoolMethod::average;
  pool.channels = static_cast<std::size_t>(in.back());
  const std::int64_t width = in[in.size() - 2];
  std::int64_t height = 1;
  for (std::size_t i = 1; i + 2 < in.size(); ++i) height *= in[i];
  pool.rows.in_height = pool.rows.kernel_height = height;
  pool.rows.in_width = pool.rows.kernel_width = width;
  pool.rows.pixel_stride = in.back();
  pool.rows.line_stride = width * in.back();
  pool.rows.image_stride = height * pool.rows.line_stride;
  const std::size_t images = element_count(in) == 0 ? 0 : static_cast<std::size_t>(in[0]);
  return std::make_unique<PoolStep>(context, pool, images, std::vector<float>());
}

}  // namespace

const Operator& AveragePool_operator() {
  static const Operator op{1,
                           1,
                           1,
                           {"auto_pad", "ceil_mode", "count_include_pad", "dilations",
                            "kernel_shape", "pads", "strides"},
                           LayoutRule::channels_last,
                           infer_pool,
                           prepare_pool};
  return op;
}

const Operator& GlobalAveragePool_operator() {
  static const Operator op{1, 1, 1, {}, LayoutRule::channels_last, infer_global, prepare_global};
  return op;
}

const Operator& GlobalMaxPool_operator() {
  static const Operator op{1, 1, 1, {}, LayoutRule::channels_last, infer_global, prepare_global};
  return op;
}

const Operator& GlobalLpPool_operator() {
  static const Operator op{1, 1, 1, {"p"}, LayoutRule::channels_last, infer_global, prepare_global};
  return op;
}

const Operator& LpPool_operator() {
  static const Operator op{
      1,
      1,
      1,
      {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "p", "pads", "strides"},
      LayoutRule::channels_last,
      infer_pool,
      prepare_pool};
  return op;
}

const Operator& MaxPool_operator() {
  static const Operator op{
      1,
      1,
      2,
      {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"},
      LayoutRule::channels_last,
      infer_pool,
      prepare_pool,
      type_set({DataType::float32, DataType::int8, DataType::uint8})};
  return op;
}

}  // namespace octavo::ops
