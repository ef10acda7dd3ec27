#include "runtime/plan/placement.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"

namespace octavo {

/// Gives every value that is computed a tensor: itself, or what it views. A tensor lies in another
/// one, its host, or else has a buffer of its own, which is in use as long as any tensor in it.
class Placement::Builder {
 public:
  Builder(Placement& result, const Graph& graph, std::span<const StepPlaces> steps)
      : result_(result), graph_(graph), steps_(steps), tensors_(graph.values.size()) {}

  void build() {
    find_tensors();
    join_parts();
    overwrite();
    make_buffers();
  }

 private:
  struct Tensor {
    bool exists = false;
    bool kept = false;  ///< not to be overwritten, nor to be moved into another tensor
    ValueId host = kNoValue;
    std::size_t offset = 0;  ///< in the host
    /// The steps from and until which it is in use; of hosts, with all that lies in them.
    std::size_t first = 0, last = 0;
    std::size_t buffer = kNone;
  };

  /// Calls f(step, node) for all nodes but views.
  template <class F>
  void for_each_step(const F& f) const {
    std::size_t step = 0;
    for (const Node& node : graph_.nodes) {
      if (node.op != Op::View) f(step++, node);
    }
  }

  void find_tensors() {
    const std::size_t end = steps_.size();
    result_.viewed_.resize(graph_.values.size());
    for (ValueId id = 0; id < graph_.values.size(); ++id) result_.viewed_[id] = id;
    for (const ValueId id : graph_.inputs)
      tensors_[id] = {.exists = true, .kept = true, .last = end};
    std::size_t step = 0;
    for (const Node& node : graph_.nodes) {
      if (node.op == Op::View && find(node.inputs[0]) != nullptr) {
        result_.viewed_[node.outputs[0]] = result_.viewed_[node.inputs[0]];
        continue;
      }
      for (const ValueId id : node.inputs) use(id, step);
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) tensors_[id] = {.exists = true, .first = step, .last = step};
      }
      if (node.op != Op::View) ++step;
    }
    for (const ValueId id : graph_.outputs) {
      if (find(id) == nullptr) tensors_[id] = {.exists = true, .kept = true};
      use(id, end);
    }
  }

  /// The tensor of a value; null when it has none.
  Tensor* find(ValueId id) {
    if (id == kNoValue) return nullptr;
    Tensor& tensor = tensors_[result_.viewed_[id]];
    return tensor.exists ? &tensor : nullptr;
  }

  void use(ValueId id, std::size_t step) {
    if (Tensor* tensor = find(id)) tensor->last = std::max(tensor->last, step);
  }

  [[nodiscard]] std::size_t bytes(ValueId id) const {
    const Value& value = graph_.values[id];
    return element_count(value.shape) * size_of(value.type);
  }

  /// The tensor whose buffer this one lies in.
  ValueId root(ValueId id) const {
    while (tensors_[id].host != kNoValue) id = tensors_[id].host;
    return id;
  }

  /// Places one tensor, which has no host, in another one.
  void place(ValueId id, ValueId host, std::size_t offset) {
    Tensor& tensor = tensors_[id];
    tensor.host = host;
    tensor.offset = offset;
    Tensor& whole = tensors_[root(host)];
    whole.first = std::min(whole.first, tensor.first);
    whole.last = std::max(whole.last, tensor.last);
  }

  /// Outputs of splits into what they split, inputs of concatenations into what they make.
  void join_parts() {
    for_each_step([&](std::size_t step, const Node& node) {
      const std::vector<std::size_t>& outputs = steps_[step].output_places;
      if (!outputs.empty() && find(node.inputs[0]) != nullptr) {
        for (std::size_t i = 0; i < outputs.size(); ++i) {
          if (node.outputs[i] == kNoValue || shows_input(node, node.outputs[i])) continue;
          place(node.outputs[i], result_.viewed_[node.inputs[0]], outputs[i]);
        }
      }
      const std::vector<std::size_t>& inputs = steps_[step].input_places;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor* part = find(node.inputs[i]);
        if (part == nullptr || part->kept || part->host != kNoValue) continue;
        place(result_.viewed_[node.inputs[i]], node.outputs[0], inputs[i]);
      }
    });
  }

  /// Whether a part of a graph's input would be one of its outputs: these stay as they are when the
  /// application writes its next input.
  bool shows_input(const Node& node, ValueId part) {
    const bool output = tensors_[part].last == steps_.size();
    return output && tensors_[root(result_.viewed_[node.inputs[0]])].kept;
  }

  void overwrite() {
    for_each_step([&](std::size_t step, const Node& node) {
      const InputSet inputs = steps_[step].overwritable;
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if ((inputs >> i & 1U) == 0 || !may_overwrite(step, node, i)) continue;
        place(root(result_.viewed_[node.inputs[i]]), node.outputs[0], 0);
        return;
      }
    });
  }

  /// Whether output 0 may take the place of an input: of a whole buffer in which nothing is read
  /// after this step, nor by it through another input.
  bool may_overwrite(std::size_t step, const Node& node, std::size_t index) {
    const ValueId output = node.outputs[0];
    if (find(node.inputs[index]) == nullptr) return false;
    const ValueId whole = root(result_.viewed_[node.inputs[index]]);
    if (tensors_[whole].kept || tensors_[whole].last != step) return false;
    if (whole == root(output)) return false;
    if (bytes(whole) != bytes(output) || bytes(node.inputs[index]) != bytes(output)) return false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (i == index || find(node.inputs[i]) == nullptr) continue;
      if (root(result_.viewed_[node.inputs[i]]) == whole) return false;
    }
    return true;
  }

  void make_buffers() {
    for (ValueId id = 0; id < tensors_.size(); ++id) {
      Tensor& tensor = tensors_[id];
      if (!tensor.exists || tensor.host != kNoValue) continue;
      tensor.buffer = result_.buffers_.size();
      result_.buffers_.push_back({bytes(id) + kernels::kReadSlack, tensor.first, tensor.last});
    }
    result_.places_.resize(graph_.values.size());
    for (ValueId id = 0; id < tensors_.size(); ++id) {
      if (find(id) == nullptr) continue;
      Place& place = result_.places_[id];
      ValueId tensor = result_.viewed_[id];
      for (; tensors_[tensor].host != kNoValue; tensor = tensors_[tensor].host) {
        place.offset += tensors_[tensor].offset;
      }
      place.buffer = tensors_[tensor].buffer;
    }
  }

  Placement& result_;
  const Graph& graph_;
  std::span<const StepPlaces> steps_;
  std::vector<Tensor> tensors_;  ///< per value
};

Placement::Placement(const Graph& graph, std::span<const StepPlaces> steps) {
  Builder(*this, graph, steps).build();
}

}  // namespace octavo
