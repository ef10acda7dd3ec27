// octavo_peers FOLDER...: runs each FOLDER/model.onnx on its input_I.npy and compares the outputs
// with expected_I.npy, which ONNX Runtime wrote; where it wrote refused.txt instead, there is
// nothing to compare with, but nothing may crash either. Every model runs in a process of its own,
// so that a crash or a hang is a failure of that model. Fails when a model does.

#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "octavo/octavo.hpp"

#include "runtime/graph/graph.hpp"
#include "tests/conformance/compare.hpp"
#include "tools/npy.hpp"

namespace {

using namespace octavo;

namespace fs = std::filesystem;

constexpr unsigned kSeconds = 20;  // no model takes a hundredth of that

enum class Outcome : int { agrees, differs, refused, refused_by_both, refused_by_peer };

std::vector<tools::Npy> read_numbered(const fs::path& folder, const std::string& stem) {
  std::vector<tools::Npy> arrays;
  for (;;) {
    const fs::path file = folder / (stem + "_" + std::to_string(arrays.size()) + ".npy");
    if (!fs::exists(file)) return arrays;
    arrays.push_back(tools::read_npy(file));
  }
}

/// Where the outputs of a session differ from what is expected; empty when they do not.
std::string compare_run(Session& session, const std::vector<tools::Npy>& inputs,
                        const std::vector<tools::Npy>& expected) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TensorView view = session.input(i);
    if (view.type() != inputs[i].type || view.shape() != inputs[i].shape) {
      return "input '" + std::string(view.name()) + "' has another type or shape";
    }
    std::memcpy(view.raw(), inputs[i].data.data(), inputs[i].data.size());
  }
  session.run();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    Tensor tensor;
    tensor.type = expected[i].type;
    tensor.shape = expected[i].shape;
    tensor.memory = expected[i].data.data();
    const std::string difference = test::compare(session.output(i), tensor);
    if (!difference.empty()) return difference;
  }
  return {};
}

/// Runs a model, twice in the same session since the second run must not depend on the first.
Outcome run_model(const fs::path& folder, std::size_t threads) {
  const bool refused_by_peer = fs::exists(folder / "refused.txt");
  const auto inputs = read_numbered(folder, "input");
  const auto expected = read_numbered(folder, "expected");
  try {
    const Model model = Model::load(folder / "model.onnx");
    SessionOptions options{.precision = Precision::float32, .threads = threads};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      options.shapes[model.inputs()[i].name] = inputs[i].shape;
    }
    Session session(model, options);
    for (int run = 1; run <= 2; ++run) {
      const std::string difference = compare_run(session, inputs, expected);
      if (difference.empty()) continue;
      std::cout << folder.filename().string() << ": run " << run << ": " << difference << std::endl;
      return Outcome::differs;
    }
    return refused_by_peer ? Outcome::refused_by_peer : Outcome::agrees;
  } catch (const Error& error) {
    if (refused_by_peer) return Outcome::refused_by_both;
    std::cout << folder.filename().string() << ": refused: " << error.what() << std::endl;
    return Outcome::refused;
  }
}

/// The same in a process of its own.
Outcome run_apart(const fs::path& folder, std::size_t threads) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kSeconds);
    int code = static_cast<int>(Outcome::differs);
    try {
      code = static_cast<int>(run_model(folder, threads));
    } catch (const std::exception& error) {
      std::cout << folder.filename().string() << ": " << error.what() << std::endl;
    }
    _exit(code);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    throw Error(ErrorCode::io, "cannot start a process");
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) <= static_cast<int>(Outcome::refused_by_peer)) {
    return static_cast<Outcome>(WEXITSTATUS(status));
  }
  std::cout << folder.filename().string() << ": "
            << (WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "ended early") << std::endl;
  return Outcome::differs;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<Outcome, int> counts;
  for (int i = 1; i < argc; ++i) ++counts[run_apart(argv[i], i % 2 == 0 ? 1 : 2)];
  std::cout << counts[Outcome::agrees] << " of " << argc - 1 << " models agree, "
            << counts[Outcome::differs] << " differ, " << counts[Outcome::refused]
            << " are refused; not comparable, because ONNX Runtime refuses them: "
            << counts[Outcome::refused_by_both] + counts[Outcome::refused_by_peer] << " ("
            << counts[Outcome::refused_by_both] << " refused by both)\n";
  return counts[Outcome::differs] + counts[Outcome::refused] == 0 ? 0 : 1;
}
