#include "octavo/session.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "kernels/dispatch.hpp"
#include "runtime/concat.hpp"
#include "runtime/graph/graph.hpp"
#include "runtime/ops/weight_quantization.hpp"
#include "runtime/passes/passes.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/plan/workers.hpp"

namespace octavo {
namespace {

PlanContext plan_context(const Model& model, const SessionOptions& options) {
  PlanContext context;
  context.kernels = &kernels::select_kernels(options.isa);
  context.scheme = options.scheme;
  context.range_scope = options.range_scope;
  context.ranges.emplace(model.range_settings(), options);
  context.float_winograd = options.float_winograd;
  context.weight_quantization = options.weights;
  context.weights = model.weights();
  context.threads = options.threads;
  context.parallel = options.parallel;
  if (options.precision != Precision::float32) ops::check(options.weights);
  if (context.threads == 0) {
    throw Error(ErrorCode::invalid_argument, "a session uses at least 1 thread, not 0");
  }
  if (context.threads > 1 && context.parallel == nullptr) {
    context.parallel = make_thread_pool(context.threads);
  }
  return context;
}

/// The graph as it is planned: shapes bound, constants folded, operators fused.
Graph simplified(const Model& model, const SessionOptions& options, const PlanContext& context) {
  Graph graph = *model.graph();
  passes::infer(graph, options.shapes, *context.kernels);
  passes::recognize_quantized(graph);
  passes::recognize_functions(graph);
  passes::remove_dead(graph, passes::ShapeConstants::fold);
  passes::fuse(graph, passes::ShapeConstants::fold);
  passes::gather_channels(graph);
  passes::remove_dead(graph, passes::ShapeConstants::fold);
  return graph;
}

std::unique_ptr<Plan> make_plan(Graph graph, const SessionOptions& options,
                                const PlanContext& context) {
  const std::vector<bool> moved = passes::move_to_channels_last(graph);
  return std::make_unique<Plan>(
      Plan::Source{graph, moved, options.precision, options.tuning, options.tune_budget}, context);
}

struct NamedTensor {
  std::string name;
  DataType type;
  Shape shape;
};

std::vector<NamedTensor> named_tensors(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<NamedTensor> tensors;
  for (const ValueId id : ids) {
    const Value& value = graph.values[id];
    tensors.push_back({value.name, value.type, value.shape});
  }
  return tensors;
}

std::size_t find(const std::vector<NamedTensor>& tensors, std::string_view name,
                 std::string_view what) {
  std::string known;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].name == name) return i;
    known += (known.empty() ? "'" : ", '") + tensors[i].name + "'";
  }
  throw Error(ErrorCode::invalid_argument,
              concat({"the model has no ", what, " '", name, "'; it has ", known}));
}

const NamedTensor& at(const std::vector<NamedTensor>& tensors, std::size_t index,
                      std::string_view what) {
  if (index < tensors.size()) return tensors[index];
  throw Error(ErrorCode::invalid_argument, concat({"the model has ", tensors.size(), " ", what,
                                                   "s; there is no number ", index}));
}

}  // namespace

struct Session::State {
  /// A plan, with what it was made for.
  struct Planned {
    ShapeBindings shapes;
    std::vector<NamedTensor> inputs;
    std::vector<NamedTensor> outputs;
    std::unique_ptr<Plan> plan;
  };
  static constexpr std::size_t kKeptPlans = 4;

  State(const Model& model, SessionOptions session_options)
      : options(std::move(session_options)),
        context(plan_context(model, options)),
        workers(context.parallel, context.threads) {
    planned.push_back(make_planned(model));
    if (has_free_dimensions(*model.graph())) resizable = model;
  }

  void resize(const ShapeBindings& shapes) {
    const auto known = std::ranges::find(planned, shapes, &Planned::shapes);
    if (known != planned.end()) {
      std::rotate(planned.begin(), known, known + 1);
      return;
    }
    if (!resizable) {
      throw Error(ErrorCode::unsupported,
                  "the model has no free dimensions: a session of it cannot be resized");
    }
    SessionOptions before = options;
    options.shapes = shapes;
    options.tuning.merge(plan().tuning());
    try {
      planned.insert(planned.begin(), make_planned(*resizable));
    } catch (...) {
      options = std::move(before);
      throw;
    }
    if (planned.size() > kKeptPlans) planned.pop_back();
  }

  [[nodiscard]] Planned make_planned(const Model& model) const {
    Graph graph = simplified(model, options, context);
    Planned result{options.shapes, named_tensors(graph, graph.inputs),
                   named_tensors(graph, graph.outputs), nullptr};
    result.plan = make_plan(std::move(graph), options, context);
    return result;
  }

  [[nodiscard]] const std::vector<NamedTensor>& inputs() const { return planned.front().inputs; }
  [[nodiscard]] const std::vector<NamedTensor>& outputs() const { return planned.front().outputs; }
  [[nodiscard]] Plan& plan() const { return *planned.front().plan; }

  SessionOptions options;
  PlanContext context;
  Workers workers;
  std::vector<Planned> planned;  ///< the current one first, then by last use
  std::optional<Model> resizable;
};

Session::Session(const Model& model, SessionOptions options)
    : state_(std::make_unique<State>(model, std::move(options))) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

std::size_t Session::input_count() const noexcept {
  return state_->inputs().size();
}
std::size_t Session::output_count() const noexcept {
  return state_->outputs().size();
}

TensorView Session::input(std::size_t index) const {
  const NamedTensor& tensor = at(state_->inputs(), index, "input");
  return {tensor.name, tensor.type, tensor.shape, state_->plan().input(index)};
}

TensorView Session::output(std::size_t index) const {
  const NamedTensor& tensor = at(state_->outputs(), index, "output");
  return {tensor.name, tensor.type, tensor.shape, state_->plan().output(index)};
}

TensorView Session::input(std::string_view name) const {
  return input(find(state_->inputs(), name, "input"));
}

TensorView Session::output(std::string_view name) const {
  return output(find(state_->outputs(), name, "output"));
}

void Session::resize(const ShapeBindings& shapes) {
  state_->resize(shapes);
}

void Session::run() {
  state_->plan().run(state_->workers, {});
}

const std::vector<LayerInfo>& Session::layers() const noexcept {
  return state_->plan().layers();
}

const Tuning& Session::tuning() const noexcept {
  return state_->plan().tuning();
}

void Session::run_profiled(std::span<std::uint64_t> nanoseconds) {
  if (nanoseconds.size() != layers().size()) {
    throw Error(ErrorCode::invalid_argument,
                concat({"run_profiled takes a number for each of the ", layers().size(),
                        " layers, not ", nanoseconds.size()}));
  }
  if (layers().empty()) return;
  state_->plan().run(state_->workers, nanoseconds);
}

void Session::run_observed(const LayerObserver& observe) {
  state_->plan().run_observed(state_->workers, observe);
}

std::uint64_t Session::clip_guard_count(std::size_t layer) const {
  if (layer >= layers().size()) {
    throw Error(ErrorCode::invalid_argument, concat({"the session has ", layers().size(),
                                                     " layers; there is no number ", layer}));
  }
  return state_->plan().clip_guard_count(layer);
}

std::size_t Session::arena_bytes() const noexcept {
  return state_->plan().arena_bytes();
}
std::size_t Session::weight_bytes() const noexcept {
  return state_->plan().weight_bytes();
}

}  // namespace octavo
