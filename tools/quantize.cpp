#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "octavo/error.hpp"

#include "tools/commands.hpp"
#include "tools/model_argument.hpp"
#include "tools/options.hpp"
#include "tools/range_options.hpp"
#include "tools/table.hpp"

namespace octavo::tools {
namespace {

constexpr const char* kDescription =
    "Writes a model with its weights in int8, about a quarter of the size.";

constexpr const char* kFooter =
    "The file is a .safetensors file that every command and the library load like the model "
    "itself,\n"
    "with bit-identical int8 results.\n\n"
    "Examples:\n"
    "  octavo quantize model.onnx -o model.safetensors\n"
    "  octavo quantize model.onnx -o model.safetensors --max-chain 0    keep all 8 bits of "
    "weights\n"
    "  octavo quantize model.onnx -o model.safetensors --estimator mse --layer-estimator "
    "fc1=max\n\n"
    "The file keeps the estimators; sessions of it follow them unless told otherwise.";

struct QuantizeOptions {
  std::string model;
  std::string output;
  WeightQuantization weights;
  RangeOptions ranges;
  std::vector<std::string> shapes;
};

void quantize(const QuantizeOptions& options) {
  require_another_file(options.output, options.model);
  const Model model = load_model(options.model);
  model.quantized(options.weights, parse_shapes(options.shapes, model))
      .with_range_settings(range_settings(options.ranges, model))
      .save(options.output);
  std::error_code missing;
  const std::uintmax_t before = std::filesystem::file_size(options.model, missing);
  const std::uintmax_t after = std::filesystem::file_size(options.output);
  std::cout << options.output << ": " << format_bytes(after);
  if (!missing) {
    std::cout << ", "
              << format_number(100.0 * static_cast<double>(after) / static_cast<double>(before))
              << " % of the " << format_bytes(before) << " of " << options.model;
  }
  std::cout << '\n';
}

}  // namespace

void add_quantize(CLI::App& app) {
  const auto options = std::make_shared<QuantizeOptions>();
  CLI::App& command = *app.add_subcommand("quantize", kDescription);
  command.footer(kFooter);
  add_model_argument(command, options->model);
  command.add_option("-o,--output", options->output, "The file to write")
      ->required()
      ->type_name("FILE");
  command
      .add_option(
          "--max-chain", options->weights.max_chain,
          "Fit weights to chains of at most N exact int16 sums, which makes products faster "
          "on CPUs without int8 dot products and costs weight precision; 0 fits none; default " +
              std::to_string(options->weights.max_chain))
      ->type_name("N")
      ->check(CLI::Range(0, 4).description(""));
  command
      .add_option("--loss-budget", options->weights.loss_budget_db,
                  "How much precision a layer's weights may lose for that, in dB; default " +
                      format_number(static_cast<double>(options->weights.loss_budget_db)))
      ->type_name("DB")
      ->check(CLI::NonNegativeNumber.description(""));
  add_range_options(command, options->ranges);
  add_shape_option(command, options->shapes);
  command.callback([options] { quantize(*options); });
}

}  // namespace octavo::tools
