#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "runtime/ops/operator.hpp"

namespace octavo {

/// Makes products ready, and for Precision::automatic decides which kind by running both: each
/// layer's float and int8 steps in turn on random data of its real shape. Layers of equal shape are
/// measured once. What a session spends on it is bounded; after that, int8 is assumed to be faster.
class PrecisionChooser {
 public:
  explicit PrecisionChooser(const PlanContext& context);

  std::unique_ptr<Step> prepare(const NodeView& node, Precision precision) const;

  /// The faster of the two steps of one product, seen in the float and in the int8 graph.
  std::unique_ptr<Step> faster(const NodeView& float_node, const NodeView& int8_node);

 private:
  PlanContext context_;
  Workers workers_;
  std::map<std::string, Precision> known_;
  std::chrono::nanoseconds spent_{0};
};

}  // namespace octavo
