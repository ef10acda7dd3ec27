#include "runtime/plan/method_chooser.hpp"

#include <algorithm>
#include <utility>

#include "runtime/ops/packed_weights.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/recurrent_weights.hpp"
#include "runtime/ops/winograd_rule.hpp"
#include "runtime/plan/cost_model.hpp"
#include "runtime/plan/trial.hpp"

namespace octavo {
namespace {

using Clock = std::chrono::steady_clock;

/// The most that one kind of layer takes of the budget.
constexpr std::chrono::nanoseconds kLayerBudget = std::chrono::milliseconds(20);

/// What else than the layer decides how long its methods take.
std::string condition_of(const PlanContext& context) {
  std::string text = std::string(context.kernels->name) + ' ' + std::to_string(context.threads);
  text += context.scheme == Scheme::symmetric ? " symmetric" : " asymmetric";
  text += context.range_scope == RangeScope::row ? " row " : " batch ";
  return text;
}

/// With the kernel that their int8 weights allow, layers of equal kind take equally long.
std::string kind_of(const NodeView& node) {
  std::string kind =
      std::string(to_string(node.node().op)) + to_string(node.shape(0)) + to_string(node.shape(1));
  for (const std::string_view name : {"pads", "strides", "dilations"}) {
    kind += to_string(node.integers(name, {}));
  }
  kind += node.text("auto_pad", "") + std::to_string(node.integer("group", 1));
  kind += node.text("activation", "");
  if (ops::is_recurrent(node.node().op)) {
    kind += node.text("activations", "");
    for (const std::string_view name : {"layout", "linear_before_reset"}) {
      kind += std::to_string(node.integer(name, 0));
    }
    return kind;
  }
  return node.has_input(ops::kAddend) ? kind + "+" : kind;
}

}  // namespace

MethodChooser::MethodChooser(const PlanContext& context, Tuning tuning,
                             std::chrono::nanoseconds budget)
    : context_(context),
      workers_(context.parallel, context.threads),
      condition_(condition_of(context)),
      given_(std::move(tuning)),
      left_(budget) {}

std::vector<const Method*> MethodChooser::candidates(const NodeView& node) const {
  std::vector<const Method*> methods;
  const bool winograd = ops::suits_winograd(node);
  for (const Method& method : kMethods) {
    const bool allowed = method.precision == Precision::int8 || context_.float_winograd;
    if (!method.winograd || (winograd && allowed)) methods.push_back(&method);
  }
  return methods;
}

std::unique_ptr<Step> MethodChooser::prepare(const Method& method, const NodeView& node) const {
  PlanContext context = context_;
  context.precision = method.precision;
  context.winograd = method.winograd;
  return make_step(node, context);
}

MethodChooser::Choice MethodChooser::choose(const NodeView& node) {
  const std::vector<const Method*> methods = candidates(node);
  if (left_ <= left_.zero() && made_.choices_.empty() && given_.choices_.empty()) {
    return expect(methods, node);
  }
  const auto held = ops::quantized_weights(node, context_);  // for all candidates in int8
  std::unique_ptr<Step> int8 = prepare(kDirectInt8, node);
  const std::string kind = condition_ + kind_of(node) + ' ' + int8->kernel();
  for (const Tuning* tuning : {&made_, &given_}) {
    const auto known = tuning->choices_.find(kind);
    if (known == tuning->choices_.end()) continue;
    const std::vector<MethodTime> measured = known->second;
    const auto method = std::ranges::find(methods, measured.front().method, &Method::name);
    if (method == methods.end()) continue;
    made_.choices_[kind] = measured;
    if (*method == &kDirectInt8) return {std::move(int8), measured};
    return {prepare(**method, node), measured};
  }
  if (left_ <= left_.zero()) return expect(methods, node);

  std::vector<std::unique_ptr<Step>> steps;
  for (const Method* method : methods) {
    steps.push_back(method == &kDirectInt8 ? std::move(int8) : prepare(*method, node));
  }
  return measure(methods, std::move(steps), node, kind);
}

MethodChooser::Choice MethodChooser::expect(const std::vector<const Method*>& methods,
                                            const NodeView& node) const {
  const Precision precision = expected_precision(node);
  const auto usual = std::find_if(methods.rbegin(), methods.rend(), [&](const Method* method) {
    return method->precision == precision;
  });
  return {prepare(**usual, node), {}};
}

MethodChooser::Choice MethodChooser::measure(const std::vector<const Method*>& methods,
                                             std::vector<std::unique_ptr<Step>> steps,
                                             const NodeView& node, const std::string& kind) {
  std::size_t scratch_bytes = 0;
  for (const auto& step : steps) scratch_bytes = std::max(scratch_bytes, step->scratch_bytes());
  const auto begin = Clock::now();
  Trial trial(node, scratch_bytes);
  const std::vector<std::chrono::nanoseconds> times =
      trial.compare(steps, workers_, std::min(left_, kLayerBudget));
  left_ -= Clock::now() - begin;

  std::vector<MethodTime>& measured = made_.choices_[kind];
  std::size_t best = 0;
  for (std::size_t i = 0; i < methods.size(); ++i) {
    if (times[i] == Trial::kFailed) continue;
    measured.push_back(
        {std::string(methods[i]->name), static_cast<std::uint64_t>(times[i].count())});
    const bool same_precision = methods[i]->precision == methods[best]->precision;
    if (same_precision ? times[i] < times[best] : times[i] * 103 < times[best] * 100) best = i;
  }
  const auto chosen = std::ranges::find(measured, methods[best]->name, &MethodTime::method);
  std::rotate(measured.begin(), chosen, chosen + 1);
  return {std::move(steps[best]), measured};
}

}  // namespace octavo
