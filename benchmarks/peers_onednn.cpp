// oneDNN 2: linear layers and convolutions with bias and ReLU inside the primitive, the layout of
// the weights its own choice. Three contenders:
//   onednn/float32      activations channels-last, as Octavo's
//   onednn-any/float32  convolutions with activations in the layout that oneDNN likes best; what it
//                       takes to get them there is not counted
//   onednn/int8         for information: static quantization, activations in and out are uint8

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <benchmark/benchmark.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "benchmarks/layer_row.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/suite.hpp"

namespace octavo::bench {
namespace {

using dnnl::memory;
using DataType = memory::data_type;
using Tag = memory::format_tag;

enum class Activations { channels_last, any };

/// The types of a layer, and the values that integers stand for.
struct Numbers {
  DataType input = DataType::f32;
  DataType weights = DataType::f32;
  DataType output = DataType::f32;
  float input_scale = 1.0F;
  float weight_scale = 1.0F;
  float output_scale = 1.0F;
};

float largest(const std::vector<float>& values) {
  float result = 0.0F;
  for (const float value : values) result = std::max(result, std::abs(value));
  return result;
}

/// Input and output hold no negative values, so that uint8 needs no zero point.
Numbers int8_numbers(const LayerShape& shape) {
  return {DataType::u8,
          DataType::s8,
          DataType::u8,
          largest(data_of(shape).input) / 255.0F,
          largest(data_of(shape).weights) / 127.0F,
          largest(expected_output(shape)) / 255.0F};
}

/// In the order of the shape.
memory::desc plain(const Shape& shape, DataType type) {
  constexpr Tag kTags[] = {Tag::a, Tag::ab, Tag::abc, Tag::abcd, Tag::abcde};
  return {shape, type, kTags[shape.size() - 1]};
}

/// Inputs and outputs as Octavo has them.
memory::desc channels_last(const Shape& shape, DataType type) {
  return {shape, type, shape.size() == 2 ? Tag::ab : Tag::nhwc};
}

/// The weights as oneDNN wants them: with the groups as a dimension of their own.
Shape grouped_weights(const LayerShape& shape) {
  Shape weights = shape.weights();
  if (shape.groups == 1) return weights;
  weights[0] /= shape.groups;
  weights.insert(weights.begin(), shape.groups);
  return weights;
}

/// A primitive and what its memory must look like.
struct Primitive {
  dnnl::primitive run;
  memory::desc input, weights, bias, output;
  std::string name;
};

template <class Descriptor>
Primitive primitive_of(const Descriptor& d) {
  return {dnnl::primitive(d), d.src_desc(), d.weights_desc(),
          d.bias_desc(),      d.dst_desc(), d.impl_info_str()};
}

Primitive make_primitive(const dnnl::engine& engine, const LayerShape& shape,
                         const Numbers& numbers, Activations activations) {
  constexpr auto kKind = dnnl::prop_kind::forward_inference;
  dnnl::post_ops relu;
  relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(relu);
  if (numbers.output != DataType::f32) {
    attributes.set_output_scales(
        0, {numbers.input_scale * numbers.weight_scale / numbers.output_scale});
  }
  const memory::desc weights(grouped_weights(shape), numbers.weights, Tag::any);
  const memory::desc bias = plain({shape.to}, DataType::f32);
  const auto activation = [&](const Shape& dimensions, DataType type) {
    return activations == Activations::any ? memory::desc(dimensions, type, Tag::any)
                                           : channels_last(dimensions, type);
  };
  const memory::desc input = activation(shape.input(), numbers.input);
  const memory::desc output = activation(shape.output(), numbers.output);
  if (shape.is_linear()) {
    using Product = dnnl::inner_product_forward;
    return primitive_of(Product::primitive_desc(Product::desc(kKind, input, weights, bias, output),
                                                attributes, engine));
  }
  using Convolution = dnnl::convolution_forward;
  const memory::dims strides(2, shape.stride);
  const memory::dims pads(2, shape.pad());
  const Convolution::desc convolution(kKind, dnnl::algorithm::convolution_auto, input, weights,
                                      bias, output, strides, pads, pads);
  return primitive_of(Convolution::primitive_desc(convolution, attributes, engine));
}

/// Stores values / scale, rounded and clipped to the type.
template <class T>
void store(const std::vector<float>& values, float scale, void* to) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T level = static_cast<T>(std::lround(values[i] / scale));
    std::memcpy(static_cast<T*>(to) + i, &level, sizeof level);
  }
}

class OneDnnLayer : public Layer {
 public:
  OneDnnLayer(const LayerShape& shape, const Numbers& numbers, Activations activations,
              std::size_t threads)
      : shape_(shape), numbers_(numbers), threads_(static_cast<int>(threads)) {
    omp_set_num_threads(threads_);  // oneDNN counts them when it makes a primitive, too
    primitive_ = make_primitive(engine_, shape, numbers, activations);
    const LayerData& data = data_of(shape);
    std::vector<float> bias = data.bias;
    for (float& b : bias) b /= numbers.input_scale * numbers.weight_scale;  // of the integer sums
    output_ = memory(primitive_.output, engine_);
    arguments_ = {
        {DNNL_ARG_SRC, filled(data.input, shape.input(), numbers.input_scale, primitive_.input)},
        {DNNL_ARG_WEIGHTS,
         filled(data.weights, grouped_weights(shape), numbers.weight_scale, primitive_.weights)},
        {DNNL_ARG_BIAS, filled(bias, {shape.to}, 1.0F, primitive_.bias)},
        {DNNL_ARG_DST, output_}};
  }

  double run() override {
    omp_set_num_threads(threads_);
    return seconds([this] {
      primitive_.run.execute(stream_, arguments_);
      stream_.wait();
    });
  }

  [[nodiscard]] std::vector<float> output() const override {
    memory levels(channels_last(shape_.output(), numbers_.output), engine_);
    reorder(output_, levels);
    std::vector<float> values(element_count(shape_.output()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = numbers_.output == DataType::u8
                      ? numbers_.output_scale * static_cast<float>(static_cast<const std::uint8_t*>(
                                                    levels.get_data_handle())[i])
                      : static_cast<const float*>(levels.get_data_handle())[i];
    }
    return values;
  }

  [[nodiscard]] std::string method() const override { return primitive_.name; }

 private:
  [[nodiscard]] memory filled(const std::vector<float>& values, const Shape& shape, float scale,
                              const memory::desc& wanted) const {
    const DataType type = wanted.data_type();
    memory source(plain(shape, type), engine_);
    void* data = source.get_data_handle();
    if (type == DataType::u8) {
      store<std::uint8_t>(values, scale, data);
    } else if (type == DataType::s8) {
      store<std::int8_t>(values, scale, data);
    } else {
      std::memcpy(data, values.data(), values.size() * sizeof(float));
    }
    memory result(wanted, engine_);
    reorder(source, result);
    return result;
  }

  void reorder(memory from, memory to) const {
    dnnl::stream stream(engine_);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
  }

  const LayerShape& shape_;
  Numbers numbers_;
  int threads_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  Primitive primitive_;
  memory output_;
  std::unordered_map<int, memory> arguments_;
};

/// The most that oneDNN may use, as ONEDNN_MAX_CPU_ISA names it.
std::string instruction_set() {
  using Isa = dnnl::cpu_isa;
  switch (dnnl::get_effective_cpu_isa()) {
    case Isa::sse41:
      return "SSE41";
    case Isa::avx:
      return "AVX";
    case Isa::avx2:
      return "AVX2";
    case Isa::avx2_vnni:
      return "AVX2_VNNI";
    case Isa::avx512_core:
      return "AVX512_CORE";
    case Isa::avx512_core_vnni:
      return "AVX512_CORE_VNNI";
    case Isa::avx512_core_bf16:
      return "AVX512_CORE_BF16";
    default:
      return "another instruction set";
  }
}

void register_rows(const LayerShape& shape, std::size_t threads) {
  register_layer(shape, {"onednn", "float32", threads}, [&shape, threads] {
    return std::make_unique<OneDnnLayer>(shape, Numbers{}, Activations::channels_last, threads);
  });
  if (!shape.is_linear()) {
    register_layer(shape, {"onednn-any", "float32", threads}, [&shape, threads] {
      return std::make_unique<OneDnnLayer>(shape, Numbers{}, Activations::any, threads);
    });
  }
  register_layer(shape, {"onednn", "int8", threads}, [&shape, threads] {
    return std::make_unique<OneDnnLayer>(shape, int8_numbers(shape), Activations::channels_last,
                                         threads);
  });
}

}  // namespace

void register_onednn() {
  const dnnl_version_t& version = *dnnl_version();
  benchmark::AddCustomContext("onednn", std::to_string(version.major) + "." +
                                            std::to_string(version.minor) + "." +
                                            std::to_string(version.patch));
  benchmark::AddCustomContext("onednn_isa", instruction_set());
  for (const LayerShape& shape : layer_shapes()) {
    for (const std::size_t threads : thread_counts(shape)) register_rows(shape, threads);
  }
}

}  // namespace octavo::bench
