#include "tools/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "tools/seeded_normal.hpp"

namespace octavo::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kBlock =
    5000.0;  // microseconds that a session is run for, at least once, each time
constexpr std::size_t kMaxRepetitions = 100;

double time_run(Session& session) {
  const Clock::time_point start = Clock::now();
  session.run();
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double>& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::ranges::nth_element(samples, middle);
  return *middle;
}

/// The measurements of one session as they come in.
class Samples {
 public:
  explicit Samples(Session& session)
      : session_(session), layers_(session.layers().size()), nanoseconds_(layers_.size()) {
    session.run();
    const double estimate = std::max(time_run(session), 1.0);
    repetitions_ =
        std::clamp(static_cast<std::size_t>(kBlock / estimate), std::size_t{1}, kMaxRepetitions);
  }

  void take_turn() {
    // Unmeasured: after another model with large weights it takes a few runs until the last-level
    // cache holds those of this one.
    for (std::size_t i = 0; i < repetitions_; ++i) session_.run();
    for (std::size_t i = 0; i < repetitions_; ++i) totals_.push_back(time_run(session_));
    for (std::size_t i = 0; i < repetitions_; ++i) {
      session_.run_profiled(nanoseconds_);
      for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
        layers_[layer].push_back(static_cast<double>(nanoseconds_[layer]) / 1000.0);
      }
    }
  }

  Timing medians() {
    Timing timing{median(totals_), {}};
    for (std::vector<double>& layer : layers_) timing.layers.push_back(median(layer));
    return timing;
  }

 private:
  Session& session_;
  std::size_t repetitions_ = 1;
  std::vector<double> totals_;
  std::vector<std::vector<double>> layers_;
  std::vector<std::uint64_t> nanoseconds_;
};

}  // namespace

std::vector<Timing> measure(std::span<Session> sessions, std::size_t rounds) {
  std::vector<Samples> samples(sessions.begin(), sessions.end());
  for (std::size_t round = 0; round < rounds; ++round) {
    // Somebody else comes first each time.
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[(round + i) % samples.size()].take_turn();
    }
  }
  std::vector<Timing> timings;
  for (Samples& sample : samples) timings.push_back(sample.medians());
  return timings;
}

std::vector<std::uint64_t> profile(Session& session) {
  std::vector<std::uint64_t> nanoseconds(session.layers().size());
  session.run_profiled(nanoseconds);
  return nanoseconds;
}

void fill_inputs(Session& session, std::uint64_t seed) {
  SeededNormal random(seed);
  for (std::size_t i = 0; i < session.input_count(); ++i) {
    const TensorView input = session.input(i);
    if (input.type() == DataType::float32) {
      random.fill(input.data<float>(), 0.0F, 1.0F);
    } else if (input.type() == DataType::float64) {
      for (double& value : input.data<double>()) value = static_cast<double>(random.next());
    } else {
      std::ranges::fill_n(static_cast<std::byte*>(input.raw()),
                          static_cast<std::ptrdiff_t>(input.bytes()), std::byte{0});
    }
  }
}

}  // namespace octavo::tools
