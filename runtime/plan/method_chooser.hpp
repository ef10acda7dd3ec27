#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "octavo/tuning.hpp"

#include "runtime/ops/operator.hpp"
#include "runtime/plan/method.hpp"

namespace octavo {

/// Chooses how each product is computed, for Precision::automatic: as a tuning says, or else by
/// running the candidates on random data of the layer's shape while the budget lasts, or else by
/// the cost model. Layers of equal kind are decided once. Where the user may not notice a gain,
/// float32 stays: int8 must be faster by 3 %.
class MethodChooser {
 public:
  MethodChooser(const PlanContext& context, Tuning tuning, std::chrono::nanoseconds budget);

  struct Choice {
    std::unique_ptr<Step> step;
    std::vector<MethodTime> measured;  ///< empty where the cost model decided
  };
  /// Of one product.
  Choice choose(const NodeView& node);

  /// The choices made so far, but for those of the cost model.
  [[nodiscard]] Tuning take_tuning() { return std::move(made_); }

 private:
  [[nodiscard]] std::vector<const Method*> candidates(const NodeView& node) const;
  [[nodiscard]] std::unique_ptr<Step> prepare(const Method& method, const NodeView& node) const;
  /// As the cost model says.
  [[nodiscard]] Choice expect(const std::vector<const Method*>& methods,
                              const NodeView& node) const;
  Choice measure(const std::vector<const Method*>& methods,
                 std::vector<std::unique_ptr<Step>> steps, const NodeView& node,
                 const std::string& kind);

  PlanContext context_;
  Workers workers_;
  std::string condition_;
  Tuning given_;
  Tuning made_;
  std::chrono::nanoseconds left_;
};

}  // namespace octavo
