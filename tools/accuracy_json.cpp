#include "tools/accuracy_json.hpp"

#include <cmath>
#include <optional>

#include "tools/options.hpp"

namespace octavo::tools {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no infinity and no NaN.
Json number(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json();
}

Json tensor(const TensorInfo& info) {
  return {{"name", info.name}, {"type", to_string(info.type)}, {"shape", info.shape}};
}

void add_error(Json& object, const ErrorStatistics& error) {
  const bool compared = error.count() > 0;
  object["sqnr_db"] = compared ? number(error.sqnr_db()) : Json();
  object["cosine"] = compared ? number(error.cosine()) : Json();
  object["max_error"] = compared ? number(error.largest()) : Json();
}

/// Counts that need not be whole, to a thousandth.
Json rounded(const std::vector<double>& counts) {
  Json list = Json::array();
  for (const double count : counts) {
    const double thousandths = std::round(count * 1000.0);
    if (std::fmod(thousandths, 1000.0) == 0.0) {
      list.push_back(static_cast<std::uint64_t>(thousandths / 1000.0));
    } else {
      list.push_back(thousandths / 1000.0);
    }
  }
  return list;
}

Json output_accuracy(const OutputAccuracy& accuracy) {
  Json object = Json::object();
  add_error(object, accuracy.with_float32.error());
  object["same_top1"] = number(accuracy.with_float32.top1());
  object["label_top1"] = number(accuracy.right);
  object["reference"] = nullptr;
  if (const auto& reference = accuracy.with_reference) {
    Json& agreement = object["reference"] = Json::object();
    add_error(agreement, reference->error());
    agreement["top1"] = number(reference->top1());
    agreement["mean_cosine"] = number(reference->mean_cosine());
  }
  return object;
}

Json original(const ActivationHistogram& histogram) {
  return {{"values", histogram.total()},
          {"zeros", histogram.zeros()},
          {"low", histogram.extent().low},
          {"high", histogram.extent().high},
          {"counts", histogram.counts()}};
}

Json quantized(const QuantizedActivation& activation, const ActivationHistogram& original) {
  const Range mean = activation.ranges.mean();
  const Range widest = activation.ranges.widest();
  return {{"low", mean.low},
          {"high", mean.high},
          {"widest_low", widest.low},
          {"widest_high", widest.high},
          {"step", activation.histogram.step()},
          {"levels", number(activation.histogram.levels())},
          {"clipped", activation.clipped},
          {"sqnr_db", number(activation.histogram.error().sqnr_db())},
          {"kl_nats", number(activation.histogram.divergence_from(original))},
          {"counts", rounded(activation.histogram.counts())}};
}

Json layer(const LayerReport& report) {
  Json object{{"name", report.info.name},
              {"op", report.info.op},
              {"shape", report.info.output_shape},
              {"macs", report.info.macs},
              {"precision", name_of(report.info.precision)},
              {"kernel", report.info.kernel},
              {"float32_us", number(report.float32_us)},
              {"activation", report.activation ? original(*report.activation) : Json()}};
  Json& int8 = object["int8"] = Json::array();
  for (const LayerAccuracy& accuracy : report.int8) {
    Json& row = int8.emplace_back(Json::object());
    row["us"] = number(accuracy.us);
    add_error(row, accuracy.error);
    row["activation"] =
        accuracy.activation ? quantized(*accuracy.activation, *report.activation) : Json();
  }
  return object;
}

}  // namespace

Json to_json(const AccuracySetup& setup, const AccuracyReport& report) {
  Json document{{"model", setup.model},
                {"isa", setup.isa},
                {"threads", setup.threads},
                {"folders", setup.folders}};
  Json& inputs = document["inputs"] = Json::array();
  for (const TensorInfo& input : report.inputs) inputs.push_back(tensor(input));
  document["float32_us"] = number(report.float32_us);
  Json& configurations = document["configurations"] = Json::array();
  for (std::size_t c = 0; c < report.configurations.size(); ++c) {
    configurations.push_back({{"estimator", report.configurations[c].estimator},
                              {"scheme", name_of(report.configurations[c].scheme)},
                              {"us", number(report.int8_us[c])}});
  }
  Json& outputs = document["outputs"] = Json::array();
  for (const OutputReport& output : report.outputs) {
    Json& object = outputs.emplace_back(tensor(output.info));
    object["float32"] = output_accuracy(output.float32);
    Json& int8 = object["int8"] = Json::array();
    for (const OutputAccuracy& accuracy : output.int8) int8.push_back(output_accuracy(accuracy));
  }
  Json& layers = document["layers"] = Json::array();
  for (const LayerReport& row : report.layers) layers.push_back(layer(row));
  return document;
}

std::string to_text(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace octavo::tools
