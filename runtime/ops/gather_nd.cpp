#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/index_tuples.hpp"

namespace octavo::ops {

Tuples::Tuples(const NodeView& node, std::size_t batch) {
  const Shape& data = node.shape(0);
  const Shape& indices = node.shape(1);
  const std::int64_t depth = indices.empty() ? 0 : indices.back();
  const auto most = static_cast<std::int64_t>(data.size() - std::min(batch, data.size()));
  bool fits = depth >= 1 && depth <= most && batch + 1 <= indices.size();
  for (std::size_t i = 0; fits && i < batch; ++i) fits = data[i] == indices[i];
  if (!fits) {
    node.fail(ErrorCode::invalid_graph,
              concat({"indices of shape ", indices, " do not fit data of shape ", data}));
  }
  length = static_cast<std::size_t>(depth);
  for (std::size_t i = 0; i < batch; ++i) batches *= static_cast<std::size_t>(indices[i]);
  for (std::size_t i = batch; i + 1 < indices.size(); ++i) {
    count *= static_cast<std::size_t>(indices[i]);
  }
  for (std::size_t i = batch; i < data.size(); ++i) {
    batch_size *= static_cast<std::size_t>(data[i]);
    if (i < batch + length) {
      extents.push_back(data[i]);
    } else {
      size *= static_cast<std::size_t>(data[i]);
    }
  }
}

std::size_t Tuples::find(const Indices& indices, const std::byte* data, std::size_t batch,
                         std::size_t tuple) const {
  std::size_t item = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t position = (batch * count + tuple) * length + i;
    item = item * static_cast<std::size_t>(extents[i]) + indices.at(data, position, extents[i]);
  }
  return batch * batch_size + item * size;
}

void check_constant_tuples(const NodeView& node, const Tuples& tuples) {
  const Tensor* const constant = node.constant(1);
  const Indices indices(node, 1);
  if (constant == nullptr) return;
  for (std::size_t i = 0; i < tuples.batches * tuples.count; ++i) {
    static_cast<void>(tuples.find(indices, constant->data(), i / tuples.count, i % tuples.count));
  }
}

namespace {

class GatherNDStep final : public Step {
 public:
  GatherNDStep(const NodeView& node, Tuples tuples)
      : tuples_(std::move(tuples)), indices_(node, 1), bytes_(size_of(node.input(0).type)) {}

  void run(const StepMemory& memory, Workers&) override {
    std::byte* out = memory.outputs[0];
    for (std::size_t batch = 0; batch < tuples_.batches; ++batch) {
      for (std::size_t i = 0; i < tuples_.count; ++i) {
        const std::size_t from = tuples_.find(indices_, memory.inputs[1], batch, i);
        out = std::copy_n(memory.inputs[0] + from * bytes_, tuples_.size * bytes_, out);
      }
    }
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  Tuples tuples_;
  Indices indices_;
  std::size_t bytes_;
};

std::size_t batch_dimensions(const NodeView& node) {
  const std::int64_t batch = node.integer("batch_dims", 0);
  if (batch < 0 || batch > static_cast<std::int64_t>(node.shape(0).size())) {
    node.fail(ErrorCode::invalid_graph, concat({"batch_dims is ", batch}));
  }
  return static_cast<std::size_t>(batch);
}

void infer_gather_nd(InferContext& node) {
  const std::size_t batch = batch_dimensions(node);
  const Tuples tuples(node, batch);
  check_constant_tuples(node, tuples);
  const Shape& data = node.shape(0);
  Shape shape(node.shape(1).begin(), node.shape(1).end() - 1);
  shape.insert(shape.end(), data.begin() + static_cast<std::ptrdiff_t>(batch + tuples.length),
               data.end());
  node.set_output(0, node.input(0).type, std::move(shape));
}

std::unique_ptr<Step> prepare_gather_nd(const NodeView& node, const PlanContext&) {
  return std::make_unique<GatherNDStep>(node, Tuples(node, batch_dimensions(node)));
}

}  // namespace

const Operator& GatherND_operator() {
  static const Operator op{
      2, 2, 1, {"batch_dims"}, LayoutRule::row_major, infer_gather_nd, prepare_gather_nd, kAnyType};
  return op;
}

}  // namespace octavo::ops
