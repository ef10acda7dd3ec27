#include "runtime/ops/packed_weights.hpp"

#include <bit>
#include <span>

#include "runtime/ops/product.hpp"
#include "runtime/ops/product_weights.hpp"
#include "runtime/ops/recurrent_weights.hpp"
#include "runtime/ops/weight_columns.hpp"
#include "runtime/ops/weight_quantization.hpp"
#include "runtime/ops/winograd_rule.hpp"
#include "runtime/plan/weight_cache.hpp"

namespace octavo::ops {
namespace {

enum class Form : std::uint8_t {
  floats,
  float_winograd,
  depthwise,
  quantized,
  int8,
  winograd,
  quantized_gates,
  gates
};

const Tensor& weight_of(const NodeView& node) {
  return node.require_constant(kWeight, "the weight");
}

void add(Fingerprint& key, const Tensor& tensor) {
  key.add(static_cast<std::uint64_t>(tensor.type));
  for (const std::int64_t extent : tensor.shape) key.add(static_cast<std::uint64_t>(extent));
  key.add(tensor.stored_bytes());
  if (tensor.stored == nullptr) return;
  const StoredRows::Source& rows = tensor.stored->source();
  key.add(rows.transposed ? 1 : 0);
  key.add(std::as_bytes(std::span(rows.factors)));
}

void add(Fingerprint& key, const kernels::WeightShape& shape) {
  for (const std::size_t extent : {shape.columns, shape.segments, shape.depth}) key.add(extent);
}

void add(Fingerprint& key, const WeightQuantization& options) {
  key.add(static_cast<std::uint64_t>(options.max_chain));
  key.add(std::bit_cast<std::uint32_t>(options.loss_budget_db));
}

/// What every form of a Conv or Linear depends on.
Fingerprint content_of(const NodeView& node) {
  Fingerprint key;
  const Tensor& weight = weight_of(node);
  add(key, weight);
  if (weight.type == DataType::int8) {
    add(key, node.require_constant(kWeightScale, "the weight's scale"));
  }
  return key;
}

Fingerprint with(Fingerprint key, Form form) {
  key.add(static_cast<std::uint64_t>(form));
  return key;
}

Fingerprint with(Fingerprint key, Form form, const kernels::WeightShape& group) {
  add(key, group);
  return with(key, form);
}

/// The int8 weights of a node and what they depend on.
class Int8Source {
 public:
  Int8Source(const NodeView& node, const PlanContext& context)
      : node_(node), context_(context), key_(content_of(node)) {
    if (!is_float()) return;
    const ProductWeights layout(node);
    chain_ = chain_options(layout.shape(), suits_winograd(node), context.weight_quantization);
    add(key_, chain_);
    add(key_, layout.shape());
    key_.add(layout.channels());
  }

  [[nodiscard]] const Fingerprint& key() const { return key_; }

  [[nodiscard]] SharedWeights quantized() const {
    return context_.weights->get(with(key_, Form::quantized), [&](PackedWeights& weights) {
      if (is_float()) {
        weights.quantized = quantize(node_, *context_.kernels, chain_);
        return;
      }
      const auto scales = node_.require_constant(kWeightScale, "the weight's scale").as<float>();
      weights.quantized.scales.assign(scales.begin(), scales.end());
      const auto values = weight_of(node_).as<std::int8_t>();
      weights.quantized.values.assign(values.begin(), values.end());
      const ProductWeights layout(node_);
      if (layout.reorders()) {
        layout.to_kernel_order<std::int8_t>(values, weights.quantized.values);
      }
    });
  }

 private:
  [[nodiscard]] bool is_float() const { return weight_of(node_).type == DataType::float32; }

  const NodeView& node_;
  const PlanContext& context_;
  Fingerprint key_;
  WeightQuantization chain_;
};

/// Kernels read whole panels, of any group.
std::vector<float> padded(std::vector<float> scales) {
  scales.resize(scales.size() + kernels::kPanelWidth);
  return scales;
}

std::size_t columns_of(const NodeView& node) {
  return static_cast<std::size_t>(node.shape(kWeight)[0]);
}

}  // namespace

std::size_t PackedWeights::bytes() const {
  std::size_t bytes = depthwise.bytes() + quantized.values.size();
  for (const auto& group : floats) bytes += group.bytes();
  for (const auto& group : int8) bytes += group.bytes();
  if (winograd) bytes += winograd->bytes();
  if (float_winograd) bytes += float_winograd->bytes();
  return bytes;
}

SharedWeights quantized_weights(const NodeView& node, const PlanContext& context) {
  if (node.node().op != Op::Conv && node.node().op != Op::Linear) return nullptr;
  return Int8Source(node, context).quantized();
}

SharedWeights quantized_gates(const NodeView& node, std::size_t weights,
                              const PlanContext& context) {
  Fingerprint key;
  add(key, node.require_constant(weights, "the weights of the gates"));
  add(key, context.weight_quantization);
  return context.weights->get(with(key, Form::quantized_gates), [&](PackedWeights& made) {
    made.quantized = quantize_gates(node, weights, *context.kernels, context.weight_quantization);
  });
}

SharedWeights gate_weights(const GateWeights& weights, std::size_t begin, std::size_t end,
                           const PlanContext& context) {
  const kernels::WeightShape shape{end - begin, weights.shape.segments, weights.shape.depth};
  const std::size_t first = begin * shape.segments * shape.depth;
  Fingerprint key;
  if (weights.integers.empty()) {
    const auto floats = std::span(weights.floats).subspan(first, shape.size());
    key.add(std::as_bytes(floats));
    return context.weights->get(with(key, Form::gates, shape), [&](PackedWeights& packed) {
      packed.floats.emplace_back(floats, shape);
    });
  }
  const auto integers = std::span(weights.integers).subspan(first, shape.size());
  const auto scales = std::span(weights.scales).subspan(begin, shape.columns);
  key.add(std::as_bytes(integers));
  key.add(std::as_bytes(scales));
  return context.weights->get(with(key, Form::gates, shape), [&](PackedWeights& packed) {
    packed.int8.emplace_back(integers, shape);
    packed.scales = padded({scales.begin(), scales.end()});
  });
}

SharedWeights float_weights(const NodeView& node, const PlanContext& context,
                            const kernels::WeightShape& group) {
  return context.weights->get(
      with(content_of(node), Form::floats, group), [&](PackedWeights& weights) {
        NodeColumns columns(node);
        for (std::size_t first = 0; first < columns_of(node); first += group.columns) {
          weights.floats.emplace_back(columns, first, group);
        }
      });
}

SharedWeights int8_weights(const NodeView& node, const PlanContext& context,
                           const kernels::WeightShape& group) {
  const Int8Source source(node, context);
  return context.weights->get(with(source.key(), Form::int8, group), [&](PackedWeights& weights) {
    const SharedWeights from = source.quantized();
    const std::span values = from->quantized.values;
    for (std::size_t begin = 0; begin < values.size(); begin += group.size()) {
      weights.int8.emplace_back(values.subspan(begin, group.size()), group);
    }
    weights.scales = padded(from->quantized.scales);
  });
}

SharedWeights winograd_weights(const NodeView& node, const PlanContext& context) {
  const Int8Source source(node, context);
  return context.weights->get(with(source.key(), Form::winograd), [&](PackedWeights& weights) {
    const SharedWeights from = source.quantized();
    const std::vector<std::int8_t>& values = from->quantized.values;
    for (const std::size_t tile_size : {std::size_t{4}, std::size_t{2}}) {
      if (weights.winograd || !kernels::winograd_is_exact(values, columns_of(node), tile_size)) {
        continue;
      }
      weights.winograd.emplace(values, columns_of(node), tile_size);
      weights.scales = padded(from->quantized.scales);
    }
  });
}

SharedWeights float_winograd_weights(const NodeView& node, const PlanContext& context) {
  return context.weights->get(
      with(content_of(node), Form::float_winograd), [&](PackedWeights& weights) {
        weights.float_winograd.emplace(NodeColumns(node).read_all(), columns_of(node));
      });
}

SharedWeights depthwise_weights(const NodeView& node, const PlanContext& context) {
  return context.weights->get(with(content_of(node), Form::depthwise), [&](PackedWeights& weights) {
    NodeColumns columns(node);
    const std::span<const float> floats = columns.read_all();
    const std::size_t channels = columns_of(node);
    const std::size_t taps = floats.size() / channels;
    weights.depthwise = kernels::AlignedBuffer<float>(floats.size());
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t s = 0; s < taps; ++s) {
        weights.depthwise[s * channels + c] = floats[c * taps + s];
      }
    }
  });
}

}  // namespace octavo::ops
