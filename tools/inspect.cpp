#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "octavo/session.hpp"

#include "tools/commands.hpp"
#include "tools/model_argument.hpp"
#include "tools/options.hpp"
#include "tools/table.hpp"

namespace octavo::tools {
namespace {

constexpr const char* kDescription =
    "Shows layers, shapes, parameters, multiply-accumulates (MACs) and sizes.";

constexpr const char* kFooter =
    "Layers are those that Octavo plans for this machine: batch normalizations and activations "
    "have\n"
    "become part of the layer before them.\n\n"
    "Examples:\n"
    "  octavo inspect model.onnx\n"
    "  octavo inspect model.onnx --shape image=1,3,320,320 --precision int8";

constexpr std::size_t kNameWidth = 40;

struct InspectOptions {
  std::string model;
  PlanOptions plan;
};

/// Inputs as the model declares them, outputs as the session gives them.
void print_interface(const Model& model, const Session& session) {
  const auto print = [](std::string_view kind, std::string_view name, DataType type,
                        const Shape& shape) {
    std::cout << kind << name << "  " << to_string(type) << ' ' << octavo::to_string(shape) << '\n';
  };
  std::cout << "model   " << model.name() << '\n';
  for (const TensorInfo& input : model.inputs()) {
    print("input   ", input.name, input.type, input.shape);
  }
  for (std::size_t i = 0; i < session.output_count(); ++i) {
    const TensorView output = session.output(i);
    print("output  ", output.name(), output.type(), output.shape());
  }
}

void print_layers(const Session& session) {
  Table table({{"layer", Align::left},
               {"operator", Align::left},
               {"output", Align::left},
               {"parameters"},
               {"MACs"},
               {"kernel", Align::left}});
  LayerInfo total;
  for (const LayerInfo& layer : session.layers()) {
    table.add({shorten(layer.name, kNameWidth), layer.op, octavo::to_string(layer.output_shape),
               format_count(layer.parameters), format_count(layer.macs), layer.kernel});
    total.parameters += layer.parameters;
    total.macs += layer.macs;
  }
  table.add({"total", "", "", format_count(total.parameters), format_count(total.macs), ""});
  table.print(std::cout);
}

void print_sizes(const Session& session) {
  std::uint64_t parameters = 0;
  std::uint64_t quantized = 0;
  for (const LayerInfo& layer : session.layers()) {
    parameters += layer.parameters;
    quantized += layer.int8_bytes;
  }
  std::cout << "parameters  float32 " << format_bytes(parameters * 4) << ", float16 "
            << format_bytes(parameters * 2) << ", int8 " << format_bytes(quantized) << '\n'
            << "memory      arena " << format_bytes(session.arena_bytes()) << ", packed weights "
            << format_bytes(session.weight_bytes()) << '\n';
}

void inspect(const InspectOptions& options) {
  const Model model = load_model(options.model);
  const Session session(model, session_options(options.plan, model));
  print_interface(model, session);
  std::cout << '\n';
  print_layers(session);
  std::cout << '\n';
  print_sizes(session);
}

}  // namespace

void add_inspect(CLI::App& app) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App& command = *app.add_subcommand("inspect", kDescription);
  command.footer(kFooter);
  add_model_argument(command, options->model);
  add_precision_option(command, options->plan);
  add_plan_options(command, options->plan);
  add_no_tune_option(command, options->plan);
  command.callback([options] { inspect(*options); });
}

}  // namespace octavo::tools
