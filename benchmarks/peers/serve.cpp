// octavo_serve: runs models for another process. One JSON request per line on stdin, one JSON
// answer per line on stdout:
//
//   {"do": "cpu"}                                  -> {"isa": of sessions}
//   {"do": "open", "model": FILE, "inputs": [NPY...], "precision": NAME, "threads": N}
//       loads, plans and writes the inputs -> {"session": ID, "nanoseconds": of loading and
//       planning}
//   {"do": "run", "session": ID, "times": N}       -> {"nanoseconds": [of each run]}
//   {"do": "outputs", "session": ID}               -> {"outputs": [[elements]...]}
//   {"do": "close"}                                -> {}, after all sessions are gone
//
// A request that fails is answered with {"error": TEXT}.

#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "octavo/cpu.hpp"
#include "octavo/error.hpp"
#include "octavo/session.hpp"

#include "tools/npy.hpp"

namespace {

using namespace octavo;

using Clock = std::chrono::steady_clock;
using nlohmann::json;

std::int64_t since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

Precision precision_of(const std::string& name) {
  if (name == "float32") return Precision::float32;
  if (name == "int8") return Precision::int8;
  if (name == "automatic") return Precision::automatic;
  throw Error(ErrorCode::invalid_argument, "no precision '" + name + "'");
}

void write_input(const TensorView& input, const tools::Npy& array) {
  if (input.type() != array.type || input.bytes() != array.data.size()) {
    throw Error(ErrorCode::invalid_argument,
                "input '" + std::string(input.name()) + "' is not of the type of its file");
  }
  std::memcpy(input.raw(), array.data.data(), array.data.size());
}

class Server {
 public:
  json answer(const json& request) {
    const auto& action = request.at("do").get_ref<const std::string&>();
    if (action == "cpu") return {{"isa", default_instruction_set()}};
    if (action == "open") return open(request);
    if (action == "run") return run(session_of(request), request.at("times"));
    if (action == "outputs") return outputs(session_of(request));
    if (action == "close") {
      sessions_.clear();
      return json::object();
    }
    throw Error(ErrorCode::invalid_argument, "no action '" + action + "'");
  }

 private:
  Session& session_of(const json& request) {
    return sessions_.at(request.at("session").get<std::size_t>());
  }

  json open(const json& request) {
    std::vector<tools::Npy> inputs;
    for (const auto& file : request.at("inputs")) {
      inputs.push_back(tools::read_npy(file.get<std::string>()));
    }
    const auto start = Clock::now();
    const Model model = Model::load(request.at("model").get<std::string>());
    SessionOptions options{.precision = precision_of(request.at("precision")),
                           .threads = request.at("threads")};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      options.shapes[model.inputs()[i].name] = inputs[i].shape;
    }
    Session& session = sessions_.emplace_back(model, options);
    const std::int64_t nanoseconds = since(start);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      write_input(session.input(i), inputs[i]);
    }
    return {{"session", sessions_.size() - 1}, {"nanoseconds", nanoseconds}};
  }

  static json run(Session& session, std::size_t times) {
    std::vector<std::int64_t> nanoseconds(times);
    for (std::int64_t& time : nanoseconds) {
      const auto start = Clock::now();
      session.run();
      time = since(start);
    }
    return {{"nanoseconds", nanoseconds}};
  }

  static json outputs(const Session& session) {
    json arrays = json::array();
    for (std::size_t i = 0; i < session.output_count(); ++i) {
      const auto elements = session.output(i).data<float>();
      arrays.push_back(std::vector<float>(elements.begin(), elements.end()));
    }
    return {{"outputs", std::move(arrays)}};
  }

  std::vector<Session> sessions_;
};

}  // namespace

int main() {
  Server server;
  std::string line;
  while (std::getline(std::cin, line)) {
    json answer;
    try {
      answer = server.answer(json::parse(line));
    } catch (const std::exception& error) {
      answer = {{"error", error.what()}};
    }
    std::cout << answer.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
  }
}
