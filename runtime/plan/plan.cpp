#include "runtime/plan/plan.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <optional>
#include <set>
#include <string>

#include "runtime/concat.hpp"
#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/passes/passes.hpp"
#include "runtime/plan/arena.hpp"
#include "runtime/plan/layer_info.hpp"
#include "runtime/plan/method_chooser.hpp"
#include "runtime/plan/placement.hpp"

namespace octavo {
namespace {

constexpr std::size_t kNone = SIZE_MAX;
/// The largest arena, so that a hostile model cannot take the machine's memory.
constexpr std::size_t kMaxArenaBytes = std::size_t{1} << 32U;

}  // namespace

class Plan::Builder {
 public:
  Builder(Plan& plan, const Source& source, const PlanContext& context)
      : plan_(plan), source_(source), graph_(source.graph), context_(context) {}

  void build() {
    make_steps();
    place_values();
    share_levels();
    allocate();
    bind();
  }

 private:
  void make_steps() {
    require_layers();
    MethodChooser chooser(context_, source_.tuning, source_.tune_budget);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (node.op == Op::View) continue;
      const bool quantizable = passes::is_quantizable(graph_, node);
      MethodChooser::Choice choice = make_step(chooser, i, quantizable);
      LayerInfo& layer = plan_.layers_.emplace_back(
          describe_layer(graph_, node, source_.channels_last, quantizable, *choice.step));
      layer.measured = std::move(choice.measured);
      plan_.steps_.push_back({std::move(choice.step), {}});
      release_packed(node);
      nodes_.push_back(i);
    }
    plan_.tuning_ = chooser.take_tuning();
  }

  /// Once they are packed, the file's weights are not needed in memory.
  void release_packed(const Node& node) const {
    const Operator& op = operator_of(node.op);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!op.packs(i) || node.inputs[i] == kNoValue) continue;
      const auto& constant = graph_.values[node.inputs[i]].constant;
      if (constant != nullptr) graph_.file.release(constant->stored_bytes());
    }
  }

  /// Layers that the options name must be some that quantize.
  void require_layers() const {
    std::set<std::string_view> names;
    for (const Node& node : graph_.nodes) {
      if (passes::is_quantizable(graph_, node)) names.insert(node.name);
    }
    context_.ranges->require_layers(names);
  }

  MethodChooser::Choice make_step(MethodChooser& chooser, std::size_t index, bool quantizable) {
    const NodeView node(graph_, graph_.nodes[index]);
    PlanContext context = context_;
    context.precision = quantizable ? source_.precision : Precision::float32;
    if (context.precision == Precision::automatic) return chooser.choose(node);
    return {octavo::make_step(node, context), {}};
  }

  /// The memory that values and steps ask for.
  void place_values() {
    std::vector<StepPlaces> steps;
    for (const PlannedStep& planned : plan_.steps_) {
      const Step& step = *planned.step;
      steps.push_back({step.overwritable(), step.input_places(), step.output_places()});
    }
    placement_.emplace(graph_, steps);
    requests_ = placement_->buffers();
    for (std::size_t i = 0; i < plan_.steps_.size(); ++i) {
      scratch_.push_back(requests_.size());
      requests_.push_back({plan_.steps_[i].step->scratch_bytes() + kernels::kReadSlack, i, i});
    }
  }

  /// Steps that quantize one input alike share the levels that the first of them makes.
  void share_levels() {
    const std::size_t steps = plan_.steps_.size();
    level_maker_.assign(steps, kNone);
    levels_.assign(steps, kNone);
    for (std::size_t i = 0; i < steps; ++i) {
      if (plan_.steps_[i].step->level_form().count == 0 || input_tensor(i) == kNoValue) continue;
      std::size_t maker = 0;
      while (maker < i && !(level_maker_[maker] == maker && makes_levels_of(maker, i))) ++maker;
      level_maker_[i] = maker;
      if (maker == i) continue;
      if (levels_[maker] == kNone) {
        const std::size_t bytes = plan_.steps_[i].step->level_form().count + kernels::kReadSlack;
        levels_[maker] = requests_.size();
        requests_.push_back({bytes, maker, i});
      }
      requests_[levels_[maker]].last = i;
    }
  }

  [[nodiscard]] bool makes_levels_of(std::size_t maker, std::size_t taker) const {
    if (input_tensor(maker) != input_tensor(taker)) return false;
    const LevelForm made = plan_.steps_[maker].step->level_form();
    const LevelForm taken = plan_.steps_[taker].step->level_form();
    return made.count == taken.count && made.quantizer->quantizes_like(*taken.quantizer);
  }

  /// What input 0 of a step shows, when it is computed.
  [[nodiscard]] ValueId input_tensor(std::size_t step) const {
    const Node& node = graph_.nodes[nodes_[step]];
    return node.inputs.empty() ? kNoValue : computed(node.inputs[0]);
  }

  /// What a value shows; kNoValue when it is not computed.
  [[nodiscard]] ValueId computed(ValueId id) const {
    if (id == kNoValue || placement_->buffer(id) == Placement::kNone) return kNoValue;
    return placement_->viewed(id);
  }

  void allocate() {
    layout_ = plan_arena(requests_);
    if (layout_.bytes > kMaxArenaBytes) {
      throw Error(
          ErrorCode::limit_exceeded,
          concat({"model '", graph_.name, "' needs ", layout_.bytes >> 20U,
                  " MiB for its activations at these shapes; at most 4096 MiB are supported"}));
    }
    try {
      plan_.arena_ = kernels::AlignedBuffer<std::byte>(layout_.bytes);
    } catch (const std::bad_alloc&) {
      throw Error(ErrorCode::limit_exceeded, concat({"model '", graph_.name, "': no memory for ",
                                                     layout_.bytes >> 20U, " MiB of activations"}));
    }
  }

  void bind() {
    bind_extrema();
    bind_levels();
    plan_.input_ranges_.resize(plan_.steps_.size());
    for (std::size_t i = 0; i < plan_.steps_.size(); ++i) {
      const Node& node = graph_.nodes[nodes_[i]];
      StepMemory& memory = plan_.steps_[i].memory;
      const Operator& op = operator_of(node.op);
      for (std::size_t j = 0; j < node.inputs.size(); ++j) {
        memory.inputs.push_back(op.packs(j) ? nullptr : address(node.inputs[j]));
      }
      for (const ValueId id : node.outputs) {
        memory.outputs.push_back(id == kNoValue ? nullptr : place_of(id));
      }
      memory.scratch = arena_at(scratch_[i]);
      memory.input_range = &plan_.input_ranges_[i];
      const bool reads = !node.inputs.empty() && !overwrites_input(i);
      plan_.tensors_.push_back(
          {reads ? floats(node.inputs[0], memory.inputs[0]) : std::span<const float>{},
           floats(node.outputs[0], memory.outputs[0]),
           {}});
    }
    for (const ValueId id : graph_.inputs) plan_.inputs_.push_back(place_of(id));
    for (const ValueId id : graph_.outputs) {
      std::byte* output = place_of(id);
      const auto& constant = graph_.values[id].constant;
      if (constant != nullptr) std::copy_n(constant->data(), constant->bytes(), output);
      plan_.outputs_.push_back(output);
    }
  }

  /// Whether output 0 takes the place of input 0.
  [[nodiscard]] bool overwrites_input(std::size_t step) const {
    const StepMemory& memory = plan_.steps_[step].memory;
    return (plan_.steps_[step].step->overwritable() & 1U) != 0 &&
           memory.inputs[0] == memory.outputs[0];
  }

  void bind_levels() {
    plan_.levels_.resize(plan_.steps_.size());
    for (std::size_t i = 0; i < plan_.steps_.size(); ++i) {
      const std::size_t maker = level_maker_[i];
      if (maker == kNone || levels_[maker] == kNone) continue;
      SharedLevels& levels = plan_.levels_[maker];
      if (maker == i) {
        levels.elements = reinterpret_cast<std::uint8_t*>(arena_at(levels_[i]));
        plan_.steps_[i].memory.made_levels = &levels;
      } else {
        plan_.steps_[i].memory.taken_levels = &levels;
      }
    }
  }

  /// Connects steps that take the extremes of their input with those that give them, also through
  /// steps that only move elements. Where nobody does, the first that takes them gives them to the
  /// others.
  void bind_extrema() {
    const std::size_t steps = plan_.steps_.size();
    plan_.extrema_.resize(2 * steps);  // of outputs, then of inputs
    givers_.resize(graph_.values.size());
    for (std::size_t i = 0; i < steps; ++i) {
      const Node& node = graph_.nodes[nodes_[i]];
      const Step& step = *plan_.steps_[i].step;
      const ValueId input = input_tensor(i);
      if (step.takes_extrema() && input != kNoValue) {
        for (const std::size_t giver : givers_[input]) {
          plan_.steps_[i].memory.input_extrema.parts.push_back(wanted_extrema(giver));
        }
        if (givers_[input].empty()) givers_[input] = {steps + i};
      }
      const ValueId output = node.outputs[0];
      if (step.gives_extrema()) givers_[output] = {i};
      if (step.passes_extrema()) givers_[output] = givers_of_all(node);
    }
  }

  /// Has an entry of extrema_ filled in while running.
  const kernels::Extrema* wanted_extrema(std::size_t giver) {
    const std::size_t steps = plan_.steps_.size();
    kernels::Extrema* extrema = &plan_.extrema_[giver];
    if (giver < steps) {
      plan_.steps_[giver].memory.output_extrema = extrema;
    } else {
      plan_.steps_[giver - steps].memory.input_extrema.found = extrema;
    }
    return extrema;
  }

  /// Those of all inputs; none where one is unknown.
  std::vector<std::size_t> givers_of_all(const Node& node) const {
    std::set<std::size_t> all;
    for (const ValueId id : node.inputs) {
      const ValueId tensor = computed(id);
      if (tensor == kNoValue || givers_[tensor].empty()) return {};
      all.insert(givers_[tensor].begin(), givers_[tensor].end());
    }
    return {all.begin(), all.end()};
  }

  /// The elements of a float32 value at an address.
  std::span<const float> floats(ValueId id, const std::byte* data) const {
    if (data == nullptr || graph_.values[id].type != DataType::float32) return {};
    return {reinterpret_cast<const float*>(data), element_count(graph_.values[id].shape)};
  }

  std::byte* arena_at(std::size_t request) {
    return plan_.arena_.data() + layout_.offsets[request];
  }

  std::byte* place_of(ValueId id) {
    return arena_at(placement_->buffer(id)) + placement_->offset(id);
  }

  const std::byte* address(ValueId id) {
    if (id == kNoValue) return nullptr;
    const auto& constant = graph_.values[id].constant;
    if (constant == nullptr) return place_of(id);
    plan_.constants_.push_back(constant);
    return constant->data();
  }

  Plan& plan_;
  const Source& source_;
  const Graph& graph_;
  const PlanContext& context_;
  std::vector<std::size_t> nodes_;  ///< per step
  std::optional<Placement> placement_;
  std::vector<std::size_t> scratch_;    ///< per step, an index into requests_
  std::vector<ArenaRequest> requests_;  ///< first the buffers of values
  /// Per step, the one that makes the levels which it multiplies: itself or an earlier one; kNone
  /// when they cannot be shared.
  std::vector<std::size_t> level_maker_;
  std::vector<std::size_t>
      levels_;  ///< per step that makes them for others, an index into requests_
  /// Per value, the entries of Plan::extrema_ that together are its extremes; empty: not known.
  std::vector<std::vector<std::size_t>> givers_;
  ArenaLayout layout_;
};

Plan::Plan(const Source& source, const PlanContext& context) {
  Builder(*this, source, context).build();
}

void Plan::run(Workers& workers, std::span<std::uint64_t> nanoseconds) {
  const WorkersAwake awake(workers);
  if (nanoseconds.empty()) {
    for (PlannedStep& step : steps_) step.step->run(step.memory, workers);
    return;
  }
  using Clock = std::chrono::steady_clock;
  auto before = Clock::now();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    steps_[i].step->run(steps_[i].memory, workers);
    const auto after = Clock::now();
    nanoseconds[i] = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(after - before).count());
    before = after;
  }
}

void Plan::run_observed(Workers& workers, const LayerObserver& observe) {
  const WorkersAwake awake(workers);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    steps_[i].step->run(steps_[i].memory, workers);
    tensors_[i].input_ranges = input_ranges_[i].used;
    observe(i, tensors_[i]);
  }
}

std::size_t Plan::weight_bytes() const {
  std::size_t bytes = 0;
  for (const PlannedStep& step : steps_) bytes += step.step->weight_bytes();
  return bytes;
}

}  // namespace octavo
