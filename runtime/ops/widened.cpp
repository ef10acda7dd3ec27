#include "runtime/ops/widened.hpp"

#include <algorithm>
#include <utility>

#include "runtime/ops/cast.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

class WidenedStep final : public Step {
 public:
  WidenedStep(const NodeView& node, std::unique_ptr<Step> step, const WidenedTensors& tensors)
      : step_(std::move(step)),
        widen_(conversion(node.input(0).type, DataType::int64)),
        narrow_(conversion(DataType::int64, node.input(0).type)),
        element_bytes_(size_of(node.input(0).type)),
        offset_((step_->scratch_bytes() + 63) / 64 * 64),
        inputs_(node.input_count()) {
    wide_.inputs.resize(node.input_count());
    wide_.outputs.resize(node.output_count());
    for (std::size_t i = 0; i < node.input_count(); ++i) {
      const bool wide = (tensors.inputs >> std::min<std::size_t>(i, 31U) & 1U) != 0;
      if (wide && node.has_input(i)) inputs_[i] = tensor(node.shape(i));
    }
    if (tensors.output) output_ = tensor(node.output(0).shape);
  }

  void run(const StepMemory& memory, Workers& workers) override {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      wide_.inputs[i] = memory.inputs[i];
      if (!inputs_[i].present) continue;
      std::byte* wide = memory.scratch + inputs_[i].offset;
      convert(widen_, memory.inputs[i], element_bytes_, wide, kWideBytes, inputs_[i].elements,
              workers);
      wide_.inputs[i] = wide;
    }
    wide_.outputs = memory.outputs;
    wide_.scratch = memory.scratch;
    if (output_.present) wide_.outputs[0] = memory.scratch + output_.offset;
    step_->run(wide_, workers);
    if (!output_.present) return;
    convert(narrow_, wide_.outputs[0], kWideBytes, memory.outputs[0], element_bytes_,
            output_.elements, workers);
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return offset_; }
  [[nodiscard]] std::string kernel() const override { return step_->kernel(); }

 private:
  static constexpr std::size_t kWideBytes = sizeof(std::int64_t);

  /// A tensor that is converted, and its wide form in scratch memory.
  struct Tensor {
    bool present = false;
    std::size_t elements = 0;
    std::size_t offset = 0;
  };

  Tensor tensor(const Shape& shape) {
    const Tensor made{true, element_count(shape), offset_};
    offset_ += (made.elements * kWideBytes + 63) / 64 * 64;
    return made;
  }

  static void convert(Conversion conversion, const std::byte* x, std::size_t x_bytes,
                      std::byte* out, std::size_t out_bytes, std::size_t elements,
                      Workers& workers) {
    for_ranges(workers, elements, 1, [&](std::size_t begin, std::size_t end) {
      conversion(x + begin * x_bytes, end - begin, out + begin * out_bytes);
    });
  }

  std::unique_ptr<Step> step_;
  Conversion widen_, narrow_;
  std::size_t element_bytes_;
  std::size_t offset_;  ///< the end of the scratch memory taken so far
  std::vector<Tensor> inputs_;
  Tensor output_;
  StepMemory wide_;  ///< filled in by run(), which must not allocate
};

}  // namespace

std::unique_ptr<Step> widened(const NodeView& node, std::unique_ptr<Step> step,
                              const WidenedTensors& tensors) {
  return std::make_unique<WidenedStep>(node, std::move(step), tensors);
}

}  // namespace octavo::ops
