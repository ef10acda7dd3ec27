#include "octavo/model.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/aligned_buffer.hpp"
#include "kernels/dispatch.hpp"
#include "runtime/formats/formats.hpp"
#include "runtime/graph/check.hpp"
#include "runtime/graph/graph.hpp"
#include "runtime/graph/range_settings.hpp"
#include "runtime/passes/passes.hpp"
#include "runtime/plan/weight_cache.hpp"

namespace octavo {
namespace {

std::shared_ptr<const std::vector<TensorInfo>> describe_tensors(const Graph& graph,
                                                                const std::vector<ValueId>& ids) {
  auto tensors = std::make_shared<std::vector<TensorInfo>>();
  for (const ValueId id : ids) {
    const Value& value = graph.values[id];
    tensors->push_back({value.name, value.type, value.shape});
  }
  return tensors;
}

}  // namespace

Model::Model(std::shared_ptr<const Graph> graph)
    : graph_(std::move(graph)), weights_(std::make_shared<WeightCache>()) {
  check(*graph_);
  Graph inferred = *graph_;
  if (!has_free_dimensions(inferred)) {
    // Nothing is open: types and shapes that do not fit are errors of the model, not of a session.
    passes::infer(inferred, {}, kernels::select_kernels(""));
  }
  inputs_ = describe_tensors(inferred, inferred.inputs);
  outputs_ = describe_tensors(inferred, inferred.outputs);
}

Model Model::load(const std::filesystem::path& path) {
  return Model(std::make_shared<const Graph>(formats::load(path)));
}

Model Model::from_bytes(std::span<const std::byte> bytes, const std::string& name) {
  auto copy = std::make_shared<kernels::AlignedBuffer<std::byte>>(bytes.size());
  std::ranges::copy(bytes, copy->data());
  const std::span<const std::byte> held(copy->data(), bytes.size());
  return Model(std::make_shared<const Graph>(formats::load(held, std::move(copy), name)));
}

const std::string& Model::name() const noexcept {
  return graph_->name;
}
std::span<const TensorInfo> Model::inputs() const noexcept {
  return *inputs_;
}
std::span<const TensorInfo> Model::outputs() const noexcept {
  return *outputs_;
}

Model Model::quantized(const WeightQuantization& options, const ShapeBindings& shapes) const {
  const auto shape_constants = has_free_dimensions(*graph_) ? passes::ShapeConstants::recompute
                                                            : passes::ShapeConstants::fold;
  auto graph = std::make_shared<Graph>(*graph_);
  const kernels::KernelTable& kernels = kernels::select_kernels("");
  passes::infer(*graph, shapes, kernels);
  passes::remove_dead(*graph, shape_constants);
  passes::fuse(*graph, passes::ShapeConstants::recompute);
  passes::quantize_weights(*graph, kernels, options);
  passes::remove_dead(*graph, shape_constants);
  for (const ValueId id : graph->inputs) graph->values[id].shape = graph_->values[id].shape;
  for (Value& value : graph->values) value.shape_dependent = false;  // such constants are gone
  passes::compact(*graph);
  check_range_settings(*graph, ErrorCode::invalid_argument);
  return Model(std::move(graph));
}

const RangeSettings& Model::range_settings() const noexcept {
  return graph_->range_settings;
}

Model Model::with_range_settings(RangeSettings settings) const {
  auto graph = std::make_shared<Graph>(*graph_);
  graph->range_settings = std::move(settings);
  check_range_settings(*graph, ErrorCode::invalid_argument);
  Model model(std::move(graph));
  model.weights_ = weights_;
  return model;
}

std::size_t Model::packed_weight_bytes() const {
  return weights_->bytes();
}

void Model::save(const std::filesystem::path& path) const {
  formats::save(*graph_, path);
}

}  // namespace octavo
