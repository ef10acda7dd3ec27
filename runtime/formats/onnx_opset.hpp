#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/formats/onnx_node.hpp"
#include "runtime/formats/onnx_translation.hpp"
#include "runtime/graph/graph.hpp"

namespace octavo::formats {

/// The opsets of ONNX's default domain that can be translated.
inline constexpr std::int64_t kOldestOpset = 6;
inline constexpr std::int64_t kNewestOpset = 26;

/// The rule for an operator of ONNX.
struct OpsetRule {
  std::string_view op_type;
  Op op;
  std::int64_t first_opset = 1;
  std::int64_t last_opset = kNewestOpset;
  void (*rewrite)(Translation&) = nullptr;  ///< null: the form never changed
};

/// All rules, in order of their operators.
std::span<const OpsetRule> opset_rules();

/// Throws Error{unsupported} for an operator that Octavo, or the opset, does not have.
const OpsetRule& find_opset_rule(const OnnxNode& node, std::int64_t opset);

/// Rewrites `translation.node` to the canonical form, adding constants and earlier nodes to the
/// graph where the form needs them. Throws Error.
void apply_opset_rule(const OpsetRule& rule, Translation& translation);

}  // namespace octavo::formats
