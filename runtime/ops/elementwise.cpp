#include "runtime/ops/elementwise.hpp"

#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

std::string loop_name(DataType type) {
  return type == DataType::float32 ? "float32" : "integer";
}

class MapStep final : public Step {
 public:
  MapStep(const NodeView& node, MapRow row, float alpha, float beta)
      : row_(row),
        alpha_(alpha),
        beta_(beta),
        elements_(element_count(node.shape(0))),
        in_bytes_(size_of(node.input(0).type)),
        out_bytes_(size_of(node.output(0).type)),
        name_(loop_name(node.input(0).type)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    for_ranges(workers, elements_, 1, [&](std::size_t begin, std::size_t end) {
      row_(memory.inputs[0] + begin * in_bytes_, end - begin, alpha_, beta_,
           memory.outputs[0] + begin * out_bytes_);
    });
  }
  [[nodiscard]] std::string kernel() const override { return name_; }

 private:
  MapRow row_;
  float alpha_, beta_;
  std::size_t elements_, in_bytes_, out_bytes_;
  std::string name_;
};

class BroadcastStep final : public Step {
 public:
  BroadcastStep(const NodeView& node, const BroadcastRow& row)
      : row_(row),
        loops_(broadcast_loops<2>(node, {node.shape(0), node.shape(1)}, node.output(0).shape)),
        name_(loop_name(node.input(0).type)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto n = static_cast<std::size_t>(loops_.inner().extent);
    const auto x_step = static_cast<std::size_t>(loops_.inner().strides[0]);
    const auto y_step = static_cast<std::size_t>(loops_.inner().strides[1]);
    const auto x_bytes = static_cast<std::int64_t>(row_.x_bytes);
    const auto y_bytes = static_cast<std::int64_t>(row_.y_bytes);
    for_ranges(workers, loops_.rows(), n, [&](std::size_t begin, std::size_t end) {
      loops_.for_rows(begin, end, [&](std::size_t row, const StridedLoops<2>::Offsets& offsets) {
        row_.run(memory.inputs[0] + offsets[0] * x_bytes, x_step,
                 memory.inputs[1] + offsets[1] * y_bytes, y_step, n,
                 memory.outputs[0] + row * n * row_.out_bytes);
      });
    });
  }
  [[nodiscard]] std::string kernel() const override { return name_; }

 private:
  BroadcastRow row_;
  StridedLoops<2> loops_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Step> make_map_step(const NodeView& node, MapRow row, float alpha, float beta) {
  return std::make_unique<MapStep>(node, row, alpha, beta);
}

std::unique_ptr<Step> make_broadcast_step(const NodeView& node, const BroadcastRow& row) {
  return std::make_unique<BroadcastStep>(node, row);
}

}  // namespace octavo::ops
