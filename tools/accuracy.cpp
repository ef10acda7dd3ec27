#include "tools/accuracy.hpp"

#include <algorithm>
#include <utility>

#include "octavo/error.hpp"

#include "kernels/dispatch.hpp"
#include "tools/comparison.hpp"
#include "tools/input_files.hpp"
#include "tools/measure.hpp"
#include "tools/tensor_values.hpp"

namespace octavo::tools {
namespace {

/// Runs a session on a sample. An error says which sample it was.
void run_on(Session& session, const Sample& sample, const LayerObserver& observe) {
  write_inputs(sample.inputs, session);
  try {
    session.run_observed(observe);
  } catch (const Error& error) {
    throw Error(error.code(), sample.folder + ": " + error.what());
  }
}

/// Integer operators of models that were quantized before compute in int8 too, on integers.
bool quantizes_input(const LayerInfo& layer) {
  return layer.quantizable && layer.precision == Precision::int8;
}

/// The tensors of one float32 run, per row of the report; empty where there are none.
struct FloatRun {
  std::vector<std::vector<float>> inputs;  ///< of the layers that int8 quantizes
  std::vector<std::vector<std::uint16_t>> bins;
  std::vector<std::vector<float>> layer_outputs;
  std::vector<std::vector<double>> outputs;  ///< of the model
};

std::vector<std::vector<double>> outputs_of(const Session& session) {
  std::vector<std::vector<double>> outputs;
  for (std::size_t i = 0; i < session.output_count(); ++i) {
    outputs.push_back(values_of(session.output(i)));
  }
  return outputs;
}

}  // namespace

Range ChosenRanges::mean() const {
  double low = 0.0;
  double high = 0.0;
  for (const Range& range : runs) {
    low += static_cast<double>(range.low);
    high += static_cast<double>(range.high);
  }
  const auto count = static_cast<double>(std::max<std::size_t>(runs.size(), 1));
  return {static_cast<float>(low / count), static_cast<float>(high / count)};
}

Range ChosenRanges::widest() const {
  if (runs.empty()) return {};
  Range widest = runs.front();
  for (const Range& range : runs) {
    widest.low = std::min(widest.low, range.low);
    widest.high = std::max(widest.high, range.high);
  }
  return widest;
}

/// The report while it is being filled.
class AccuracyComparison::Measurement {
 public:
  Measurement(AccuracyComparison& comparison, std::span<const Sample> samples,
              std::span<const std::int64_t> labels)
      : configurations_(comparison.configurations_),
        sessions_(comparison.sessions_),
        kernels_(kernels::select_kernels(comparison.options_.isa)),
        samples_(samples),
        labels_(labels),
        right_(sessions_.size()) {
    report_.configurations = configurations_;
    list_layers();
    list_outputs();
  }

  AccuracyReport run(std::size_t rounds) {
    find_extents();
    for (std::size_t i = 0; i < samples_.size(); ++i) run_sample(i);
    count_labels();
    take_times(rounds);
    return std::move(report_);
  }

 private:
  void list_layers() {
    const std::vector<std::span<const LayerInfo>> plans{sessions_[0].layers(),
                                                        sessions_[1].layers()};
    row_of_float_.resize(plans[0].size());
    row_of_int8_.resize(plans[1].size());
    for (const LayerMatch& match : match_layers(plans)) {
      if (!match[0] || !match[1]) continue;  // only one precision plans it: nothing to compare
      row_of_float_[*match[0]] = row_of_int8_[*match[1]] = report_.layers.size();
      LayerReport& row = report_.layers.emplace_back();
      row.info = plans[1][*match[1]];
      row.int8.resize(configurations_.size());
    }
    for (LayerReport& row : report_.layers) {
      if (!quantizes_input(row.info)) continue;
      for (LayerAccuracy& accuracy : row.int8) accuracy.activation.emplace();
    }
  }

  void list_outputs() {
    const Session& session = sessions_[0];
    for (std::size_t i = 0; i < session.input_count(); ++i) {
      const TensorView input = session.input(i);
      report_.inputs.push_back({std::string(input.name()), input.type(), input.shape()});
    }
    for (std::size_t i = 0; i < session.output_count(); ++i) {
      const TensorView output = session.output(i);
      OutputReport& row = report_.outputs.emplace_back();
      row.info = {std::string(output.name()), output.type(), output.shape()};
      row.int8.resize(configurations_.size());
    }
  }

  [[nodiscard]] bool is_quantized(std::size_t row) const {
    return quantizes_input(report_.layers[row].info);
  }

  /// Histograms need to know beforehand what they are going to hold.
  void find_extents() {
    std::vector<kernels::Extrema> extrema(report_.layers.size());
    std::vector<std::uint64_t> counts(report_.layers.size());
    for (const Sample& sample : samples_) {
      run_on(sessions_[0], sample, [&](std::size_t layer, const LayerTensors& tensors) {
        const std::optional<std::size_t> row = row_of_float_[layer];
        if (!row || !is_quantized(*row) || tensors.input.empty()) return;
        extrema[*row].merge(kernels_.extrema(tensors.input.data(), tensors.input.size()));
        counts[*row] += tensors.input.size();
        if (!extrema[*row].finite) {
          throw Error(ErrorCode::non_finite, "the input of layer '" +
                                                 report_.layers[*row].info.name +
                                                 "' holds NaN or infinity and cannot be quantized");
        }
      });
    }
    for (std::size_t i = 0; i < report_.layers.size(); ++i) {
      if (!is_quantized(i)) continue;
      const Range extent = counts[i] == 0 ? Range{} : Range{extrema[i].low, extrema[i].high};
      report_.layers[i].activation.emplace(extent, counts[i]);
    }
  }

  void run_sample(std::size_t index) {
    const Sample& sample = samples_[index];
    const FloatRun exact = run_float(sample);
    for (std::size_t i = 0; i < exact.outputs.size(); ++i) {
      add_output(report_.outputs[i].float32, i, exact, exact.outputs[i], index, 0);
    }
    for (std::size_t c = 0; c < configurations_.size(); ++c) {
      run_int8(c, sample, exact);
      const std::vector<std::vector<double>> outputs = outputs_of(sessions_[c + 1]);
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        add_output(report_.outputs[i].int8[c], i, exact, outputs[i], index, c + 1);
      }
    }
  }

  FloatRun run_float(const Sample& sample) {
    const std::size_t rows = report_.layers.size();
    FloatRun run;
    run.inputs.resize(rows);
    run.bins.resize(rows);
    run.layer_outputs.resize(rows);
    run_on(sessions_[0], sample, [&](std::size_t layer, const LayerTensors& tensors) {
      const std::optional<std::size_t> row = row_of_float_[layer];
      if (!row) return;
      run.layer_outputs[*row].assign(tensors.output.begin(), tensors.output.end());
      if (!is_quantized(*row)) return;
      run.inputs[*row].assign(tensors.input.begin(), tensors.input.end());
      run.bins[*row] = report_.layers[*row].activation->add(tensors.input);
    });
    run.outputs = outputs_of(sessions_[0]);
    return run;
  }

  void run_int8(std::size_t configuration, const Sample& sample, const FloatRun& exact) {
    const Scheme scheme = configurations_[configuration].scheme;
    run_on(sessions_[configuration + 1], sample,
           [&](std::size_t layer, const LayerTensors& tensors) {
             const std::optional<std::size_t> row = row_of_int8_[layer];
             if (!row) return;
             LayerReport& report = report_.layers[*row];
             LayerAccuracy& accuracy = report.int8[configuration];
             accuracy.error.add(std::span<const float>(exact.layer_outputs[*row]), tensors.output);
             if (!accuracy.activation) return;
             const Range range = tensors.input_ranges.front();
             accuracy.activation->ranges.runs.push_back(range);
             accuracy.activation->clipped += count_clipped(kernels_, tensors.input, range, scheme);
             accuracy.activation->histogram.add(kernels_, *report.activation, exact.inputs[*row],
                                                exact.bins[*row], range, scheme);
           });
  }

  void add_output(OutputAccuracy& accuracy, std::size_t output, const FloatRun& exact,
                  const std::vector<double>& found, std::size_t sample, std::size_t session) {
    const std::size_t classes = class_count(report_.outputs[output].info.shape);
    accuracy.with_float32.add(exact.outputs[output], found, classes);
    if (const std::optional<Npy>& reference = samples_[sample].references[output]) {
      if (!accuracy.with_reference) accuracy.with_reference.emplace();
      accuracy.with_reference->add(values_of(*reference), found, classes);
    }
    if (output == 0 && !labels_.empty()) {
      const std::size_t rows = labels_.size() / samples_.size();
      right_[session] += count_right(found, labels_.subspan(sample * rows, rows));
    }
  }

  void count_labels() {
    if (labels_.empty()) return;
    const auto share = [this](std::size_t session) {
      return static_cast<double>(right_[session]) / static_cast<double>(labels_.size());
    };
    OutputReport& first = report_.outputs.front();
    first.float32.right = share(0);
    for (std::size_t c = 0; c < configurations_.size(); ++c) first.int8[c].right = share(c + 1);
  }

  void take_times(std::size_t rounds) {
    const std::vector<Timing> timings = measure(sessions_, rounds);
    report_.float32_us = timings[0].total;
    for (std::size_t i = 0; i < row_of_float_.size(); ++i) {
      if (row_of_float_[i]) report_.layers[*row_of_float_[i]].float32_us = timings[0].layers[i];
    }
    for (std::size_t c = 0; c < configurations_.size(); ++c) {
      report_.int8_us.push_back(timings[c + 1].total);
      for (std::size_t i = 0; i < row_of_int8_.size(); ++i) {
        if (!row_of_int8_[i]) continue;
        report_.layers[*row_of_int8_[i]].int8[c].us = timings[c + 1].layers[i];
      }
    }
  }

  const std::vector<Configuration>& configurations_;
  std::span<Session> sessions_;
  const kernels::KernelTable& kernels_;
  std::span<const Sample> samples_;
  std::span<const std::int64_t> labels_;
  AccuracyReport report_;
  std::vector<std::optional<std::size_t>> row_of_float_;  ///< per layer of the float32 session
  std::vector<std::optional<std::size_t>> row_of_int8_;   ///< per layer of the int8 sessions
  std::vector<std::uint64_t> right_;                      ///< per session
};

AccuracyComparison::AccuracyComparison(const Model& model, const SessionOptions& options,
                                       std::vector<Configuration> configurations)
    : configurations_(std::move(configurations)), options_(options) {
  SessionOptions settings = options;
  settings.precision = Precision::float32;
  settings.static_ranges = false;
  sessions_.emplace_back(model, settings);
  settings.precision = Precision::int8;
  for (const Configuration& configuration : configurations_) {
    settings.scheme = configuration.scheme;
    settings.estimator = make_estimator(configuration.estimator);
    sessions_.emplace_back(model, settings);
  }
}

AccuracyReport AccuracyComparison::run(std::span<const Sample> samples,
                                       std::span<const std::int64_t> labels, std::size_t rounds) {
  return Measurement(*this, samples, labels).run(rounds);
}

}  // namespace octavo::tools
