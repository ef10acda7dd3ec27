#include "runtime/formats/onnx_rewrite.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/ops/element_type.hpp"

namespace octavo::formats::rewrite {
namespace {

/// Up to opset 12, what Squeeze, Unsqueeze and Split take as input 1 is an attribute.
void attribute_to_input(Translation& t, std::string_view name) {
  t.require_inputs(1, 1);
  if (const auto elements = t.take<std::vector<std::int64_t>>(name)) {
    t.node.inputs.push_back(t.add_integers(name, *elements));
  }
}

/// Before opset 11, output pixel i samples input pixel floor(i / scale).
void set_legacy_sampling(Translation& t) {
  t.node.attributes["coordinate_transformation_mode"] = std::string("asymmetric");
  t.node.attributes["nearest_mode"] = std::string("floor");
}

}  // namespace

void squeeze(Translation& t) {
  if (t.opset < 13) attribute_to_input(t, "axes");
}

void split(Translation& t) {
  if (t.opset < 13) attribute_to_input(t, "split");
}

void slice(Translation& t) {
  if (t.opset >= 10) return;
  t.require_inputs(1, 1);
  for (const std::string_view name : {"starts", "ends", "axes"}) {
    const auto elements = t.take<std::vector<std::int64_t>>(name);
    if (elements) {
      t.node.inputs.push_back(t.add_integers(name, *elements));
    } else if (name != "axes") {
      t.malformed(concat({"attribute '", name, "' is missing"}));
    }
  }
}

void clip(Translation& t) {
  if (t.opset >= 11) return;
  t.require_inputs(1, 1);
  for (const std::string_view name : {"min", "max"}) {
    const auto bound = t.take<float>(name);
    t.node.inputs.push_back(bound ? t.add_scalar(name, *bound) : kNoValue);
  }
}

void pad(Translation& t) {
  if (t.opset >= 11) return;
  t.require_inputs(1, 1);
  const auto pads = t.take<std::vector<std::int64_t>>("pads");
  if (!pads) t.malformed("attribute 'pads' is missing");
  t.node.inputs.push_back(t.add_integers("pads", *pads));
  if (const auto value = t.take<float>("value")) {
    t.node.inputs.push_back(t.add_scalar("value", *value));
  }
}

void resize(Translation& t) {
  if (t.opset < 11) {
    t.require_inputs(2, 2);
    t.node.inputs.insert(t.node.inputs.begin() + 1, kNoValue);
    set_legacy_sampling(t);
    return;
  }
  // An empty tensor stands for an input that is left out.
  for (std::size_t i = 1; i < t.node.inputs.size(); ++i) {
    const Tensor* const tensor = t.constant_input(i);
    if (tensor != nullptr && element_count(tensor->shape) == 0) t.node.inputs[i] = kNoValue;
  }
}

void upsample(Translation& t) {
  if (t.opset < 9) {
    t.require_inputs(1, 1);
    const auto scales = t.take<std::vector<float>>("scales");
    if (!scales) t.malformed("attribute 'scales' is missing");
    t.node.inputs.push_back(t.add_constant(
        "scales",
        Tensor::of<float>({static_cast<std::int64_t>(scales->size())}, std::span(*scales))));
  }
  t.require_inputs(2, 2);
  t.node.inputs.insert(t.node.inputs.begin() + 1, kNoValue);
  set_legacy_sampling(t);
}

/// Up to opset 12, the input is flattened to a matrix at `axis`, whose rows are normalized.
void softmax(Translation& t) {
  if (t.opset >= 13) return;
  t.node.attributes.emplace("axis", std::int64_t{1});
  t.node.attributes["flattened"] = std::int64_t{1};
}

void batch_normalization(Translation& t) {
  t.drop("momentum");
  if (t.opset < 7 && t.take_integer("is_test", 0) == 0) t.refuse("training mode is not supported");
  if (t.opset < 9 && t.take_integer("spatial", 1) != 1) {
    t.refuse("attribute 'spatial' is not 1: statistics per element are not supported");
  }
  if (t.opset < 14) {
    // The further outputs make it compute the statistics of the batch.
    const auto named = [](const std::string& name) { return !name.empty(); };
    if (std::any_of(t.outputs.begin() + 1, t.outputs.end(), named)) {
      t.refuse("training mode (more than one output) is not supported");
    }
  } else if (t.take_integer("training_mode", 0) != 0) {
    t.refuse("training mode is not supported");
  }
  t.keep_first_output();
}

void layer_normalization(Translation& t) {
  t.drop_unread_outputs();
}

void max_pool(Translation& t) {
  t.drop_unread_outputs();
  if (t.outputs.size() == 1) t.drop("storage_order");  // the order of the positions in output 1
}

void conv(Translation& t) {
  t.require_inputs(2, 3);
}

void gemm(Translation& t) {
  if (t.opset < 7) t.drop("broadcast");
  t.require_inputs(t.opset < 11 ? 3 : 2, 3);
}

/// Before opset 7, broadcasting was asked for, and could start at any axis.
void arithmetic(Translation& t) {
  if (t.opset >= 7) return;
  t.drop("broadcast");
  if (t.node.attributes.contains("axis")) {
    t.refuse("attribute 'axis' of opset " + std::to_string(t.opset) + " is not supported");
  }
}

void cast(Translation& t) {
  // Both concern float8 types only.
  t.drop("saturate");
  t.drop("round_mode");
}

/// The `value` of ConstantOfShape is a tensor of one element; canonically, a number.
void constant_of_shape(Translation& t) {
  const auto value = t.source.tensors.find("value");
  if (value == t.source.tensors.end()) return;
  const Tensor& tensor = value->second;
  if (element_count(tensor.shape) != 1) {
    t.malformed(concat({"attribute 'value' has shape ", tensor.shape, ", expected one element"}));
  }
  if (tensor.type == DataType::float64 || tensor.type == DataType::float16) {
    t.refuse("attribute 'value' of type " + std::string(to_string(tensor.type)) +
             " is not supported");
  }
  if (tensor.type != DataType::float32 && tensor.type != DataType::int64) {
    t.node.attributes["dtype"] = onnx_number_of(tensor.type);
  }
  ops::with_type(tensor.type, [&](auto element) {
    using T = decltype(element);
    if constexpr (std::is_same_v<T, float>) {
      t.node.attributes["value"] = tensor.as<float>()[0];
    } else if constexpr (std::is_integral_v<T>) {
      t.node.attributes["value"] = static_cast<std::int64_t>(tensor.as<T>()[0]);
    }
  });
}

/// Before opset 7, a slope of one dimension belonged to the channels.
void prelu(Translation& t) {
  t.require_inputs(2, 2);
  if (t.opset >= 7) return;
  const Tensor* const slope = t.constant_input(1);
  if (slope == nullptr || element_count(slope->shape) != 1) {
    t.refuse("a slope per channel in opset 6 is not supported");
  }
}

/// Up to opset 17 (ReduceSum: 12), the axes are an attribute.
void reduce(Translation& t) {
  if (t.opset < 18) attribute_to_input(t, "axes");
}

void reduce_sum(Translation& t) {
  if (t.opset < 13) attribute_to_input(t, "axes");
}

/// Up to opset 9, K is an attribute.
void top_k(Translation& t) {
  if (t.opset >= 10) return;
  t.require_inputs(1, 1);
  t.node.inputs.push_back(t.add_integers("K", {t.take_integer("k", 0)}));
}

}  // namespace octavo::formats::rewrite
