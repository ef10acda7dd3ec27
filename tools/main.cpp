#include <exception>
#include <iostream>
#include <memory>

#include "octavo/error.hpp"

#include "tools/commands.hpp"
#include "tools/help.hpp"

namespace {

constexpr const char* kDescription =
    "Runs neural networks in int8 on CPUs: weights are stored as int8, the range of each "
    "activation\n"
    "is measured while it runs, inputs and results are float.";

constexpr const char* kExamples =
    "Examples:\n"
    "  octavo run model.onnx --input image=photo.npy    run once, print a summary of the outputs\n"
    "  octavo bench model.onnx                          float32 against int8, layer by layer\n"
    "  octavo compare model.onnx --input-dir sample     errors of int8, layer by layer\n"
    "  octavo inspect model.onnx                        layers, shapes, sizes\n"
    "  octavo quantize model.onnx -o model.safetensors  a quarter of the size\n"
    "  octavo calibrate model.onnx --input-dir data -o model.safetensors    static ranges\n"
    "  octavo tune model.onnx -o model.tuning           measure once, plan at once ever after\n"
    "  octavo cpu                                       what this machine offers\n\n"
    "`octavo COMMAND --help` explains a command.";

int run(int argc, char** argv) {
  CLI::App app(kDescription, "octavo");
  app.formatter(std::make_shared<octavo::tools::HelpFormatter>());
  app.footer(kExamples);
  app.require_subcommand(1);
  octavo::tools::add_run(app);
  octavo::tools::add_bench(app);
  octavo::tools::add_compare(app);
  octavo::tools::add_inspect(app);
  octavo::tools::add_quantize(app);
  octavo::tools::add_calibrate(app);
  octavo::tools::add_tune(app);
  octavo::tools::add_cpu(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    app.exit(help);
  }
  if (!std::cout.flush()) {
    throw octavo::Error(octavo::ErrorCode::io, "cannot write to the standard output");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::cerr << "octavo: " << error.what() << " (--help explains)\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "octavo: " << error.what() << '\n';
    return 1;
  }
}
