#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/resize_steps.hpp"

namespace octavo::ops {
namespace {

std::size_t to_size(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

/// Images of one or two spatial dimensions, channels last; `lines` and `columns` map output
/// positions to input positions.
struct Resampling {
  ResizedAxis lines, columns;
  std::size_t images = 0;
  std::size_t in_height = 1, in_width = 1;
  std::size_t channels = 0;
};

/// Every output pixel is a copy of one input pixel.
class NearestStep final : public Step {
 public:
  explicit NearestStep(Resampling resampling) : r_(std::move(resampling)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const std::size_t height = r_.lines.size();
    const std::size_t line_size = r_.columns.size() * r_.channels;
    for_ranges(workers, r_.images * height, line_size, [&](std::size_t begin, std::size_t end) {
      for (std::size_t line = begin; line < end; ++line) {
        const std::size_t source = line / height * r_.in_height + r_.lines[line % height].first;
        const float* in = memory.input<float>(0) + source * r_.in_width * r_.channels;
        float* out = memory.output<float>(0) + line * line_size;
        for (const Tap& column : r_.columns) {
          out = std::copy_n(in + column.first * r_.channels, r_.channels, out);
        }
      }
    });
  }
  [[nodiscard]] std::string kernel() const override { return "nearest"; }

 private:
  Resampling r_;
};

/// Every output pixel is a weighted mean of up to two by two input pixels.
class LinearStep final : public Step {
 public:
  explicit LinearStep(Resampling resampling) : r_(std::move(resampling)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const std::size_t height = r_.lines.size();
    const std::size_t line_size = r_.columns.size() * r_.channels;
    const std::size_t in_line = r_.in_width * r_.channels;
    for_ranges(workers, r_.images * height, line_size, [&](std::size_t begin, std::size_t end) {
      for (std::size_t line = begin; line < end; ++line) {
        const Tap& tap = r_.lines[line % height];
        const float* image = memory.input<float>(0) + line / height * r_.in_height * in_line;
        mix_line(image + tap.first * in_line, image + tap.second * in_line, tap.weight,
                 memory.output<float>(0) + line * line_size);
      }
    });
  }
  [[nodiscard]] std::string kernel() const override { return "linear"; }

 private:
  void mix_line(const float* upper, const float* lower, float lower_weight, float* out) const {
    const float upper_weight = 1.0F - lower_weight;
    for (const Tap& column : r_.columns) {
      const std::size_t left = column.first * r_.channels;
      const std::size_t right = column.second * r_.channels;
      const float left_weight = 1.0F - column.weight;
      for (std::size_t c = 0; c < r_.channels; ++c) {
        out[c] = upper_weight * (left_weight * upper[left + c] + column.weight * upper[right + c]) +
                 lower_weight * (left_weight * lower[left + c] + column.weight * lower[right + c]);
      }
      out += r_.channels;
    }
  }

  Resampling r_;
};

void infer(InferContext& node) {
  const Shape& in = node.shape(0);
  const ResizeTarget target = resize_target(node, in);
  check_resize_modes(node);
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] < 1 && target.shape[i] > 0) {
      node.fail(ErrorCode::invalid_graph,
                concat({"cannot resize dimension ", i, " of ", in, " to ", target.shape[i]}));
    }
  }
  node.set_output(0, DataType::float32, target.shape);
}

/// Whether the steps above apply: pixels of one or two spatial dimensions, each a copy or a mean of
/// neighbours.
bool moves_pixels(const NodeView& node, const Shape& in, const ResizeTarget& target) {
  const std::string mode = node.text("mode", "nearest");
  if ((in.size() != 3 && in.size() != 4) || mode == "cubic" || node.integer("antialias", 0) != 0 ||
      node.text("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize" ||
      (mode == "linear" && node.integer("exclude_outside", 0) != 0)) {
    return false;
  }
  const auto kept = [&](std::size_t i) {
    return target.shape[i] == in[i] && target.scales[i] == 1.0F;
  };
  return kept(0) && kept(1);
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  // Where the dimensions of the file are: from rank 3 on, the tensor is channels-last here.
  const std::size_t rank = node.shape(0).size();
  Shape in = node.shape(0);
  std::vector<std::size_t> physical(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    physical[i] = rank < 3 || i == 0 ? i : i == 1 ? rank - 1 : i - 1;
    in[i] = node.shape(0)[physical[i]];
  }
  const ResizeTarget target = resize_target(node, in);
  if (!moves_pixels(node, in, target)) return make_separable_resize(node, in, physical);

  Resampling resampling;
  resampling.images = to_size(in[0]);
  resampling.channels = to_size(in[1]);
  resampling.in_width = to_size(in.back());
  const bool empty = element_count(target.shape) == 0;
  const auto axis = [&](std::size_t i) {
    if (empty) return ResizedAxis();
    return resized_axis(node, in[i], target.shape[i], target.scales[i]);
  };
  resampling.columns = axis(in.size() - 1);
  if (in.size() == 4) {
    resampling.in_height = to_size(in[2]);
    resampling.lines = axis(2);
  } else {
    resampling.lines = ResizedAxis(1);
  }
  if (node.text("mode", "nearest") == "nearest") {
    return std::make_unique<NearestStep>(std::move(resampling));
  }
  return std::make_unique<LinearStep>(std::move(resampling));
}

}  // namespace

const Operator& Resize_operator() {
  static const Operator op{
      1,
      4,
      1,
      {"antialias", "axes", "coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside",
       "extrapolation_value", "keep_aspect_ratio_policy", "mode", "nearest_mode"},
      LayoutRule::channels_last,
      infer,
      prepare};
  return op;
}

}  // namespace octavo::ops
