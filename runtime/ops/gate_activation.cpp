#include "runtime/ops/gate_activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "runtime/concat.hpp"

namespace octavo::ops {
namespace {

using kernels::UnaryMethod;

struct Entry {
  std::string_view name;
  std::optional<UnaryMethod> method;
  GateActivation::Function function;
  std::optional<float> alpha, beta;  ///< defaults of the parameters that it takes
};

constexpr std::array kEntries = {
    Entry{"Affine", {}, [](float x, float a, float b) { return a * x + b; }, 1.0F, 0.0F},
    Entry{"Elu",
          {},
          [](float x, float a, float) { return x < 0.0F ? a * std::expm1(x) : x; },
          1.0F,
          {}},
    Entry{"HardSigmoid", UnaryMethod::hard_sigmoid, nullptr, 0.2F, 0.5F},
    Entry{"LeakyRelu", UnaryMethod::leaky_relu, nullptr, 0.01F, {}},
    Entry{"Relu", {}, [](float x, float, float) { return std::max(x, 0.0F); }, {}, {}},
    Entry{"ScaledTanh",
          {},
          [](float x, float a, float b) { return a * std::tanh(b * x); },
          1.0F,
          1.0F},
    Entry{"Sigmoid", UnaryMethod::sigmoid, nullptr, {}, {}},
    Entry{"Softplus", {}, [](float x, float, float) { return std::log1p(std::exp(x)); }, {}, {}},
    Entry{"Softsign", {}, [](float x, float, float) { return x / (1.0F + std::abs(x)); }, {}, {}},
    Entry{"Tanh", UnaryMethod::tanh, nullptr, {}, {}},
    Entry{
        "ThresholdedRelu", {}, [](float x, float a, float) { return x > a ? x : 0.0F; }, 1.0F, {}},
};

/// What stands between commas; nothing for an empty text.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::vector<float> reals(const NodeView& node, std::string_view name) {
  const auto found = node.node().attributes.find(name);
  if (found == node.node().attributes.end()) return {};
  const auto* values = std::get_if<std::vector<float>>(&found->second);
  if (values == nullptr) {
    node.fail(ErrorCode::invalid_graph, concat({name, " is not a list of real numbers"}));
  }
  return *values;
}

}  // namespace

void GateActivation::apply(const kernels::KernelTable& table, float* x, std::size_t n) const {
  if (has_kernel) {
    table.unary(method, alpha, beta, x, n, x);
  } else {
    for (std::size_t i = 0; i < n; ++i) x[i] = function(x[i], alpha, beta);
  }
}

std::vector<GateActivation> gate_activations(const NodeView& node, std::size_t directions,
                                             std::string_view defaults) {
  std::string text = node.text("activations", "");
  const std::size_t expected = directions * split(defaults).size();
  if (text.empty()) {
    for (std::size_t i = 0; i < directions; ++i) text.append(defaults).append(1, ',');
  }
  const std::vector<std::string_view> names = split(text);
  if (names.size() != expected) {
    node.fail(ErrorCode::invalid_graph,
              concat({"has ", names.size(), " activations, expected ", expected}));
  }
  const std::vector<float> alphas = reals(node, "activation_alpha");
  const std::vector<float> betas = reals(node, "activation_beta");
  std::size_t next_alpha = 0;
  std::size_t next_beta = 0;
  std::vector<GateActivation> result;
  for (const std::string_view name : names) {
    const auto* const entry = std::ranges::find(kEntries, name, &Entry::name);
    if (entry == kEntries.end()) {
      node.fail(ErrorCode::unsupported, concat({"activation '", name, "' is not supported"}));
    }
    const auto parameter = [](const std::optional<float>& otherwise,
                              const std::vector<float>& given, std::size_t& next) {
      if (!otherwise) return 0.0F;
      return next < given.size() ? given[next++] : *otherwise;
    };
    GateActivation activation;
    activation.has_kernel = entry->method.has_value();
    activation.method = entry->method.value_or(UnaryMethod::tanh);
    activation.function = entry->function;
    activation.alpha = parameter(entry->alpha, alphas, next_alpha);
    activation.beta = parameter(entry->beta, betas, next_beta);
    result.push_back(activation);
  }
  return result;
}

}  // namespace octavo::ops
