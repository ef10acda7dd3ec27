#pragma once

#include "runtime/formats/onnx_opset.hpp"

/// The rewrites of nodes to their canonical form, for the table in onnx_opset.cpp. Each is named
/// after what it is for; what it does depends on the opset.
namespace octavo::formats::rewrite {

void arithmetic(Translation& t);
void batch_normalization(Translation& t);
void cast(Translation& t);
void clip(Translation& t);
void constant_of_shape(Translation& t);
void conv(Translation& t);
void dropout(Translation& t);
void gemm(Translation& t);
void layer_normalization(Translation& t);
void max_pool(Translation& t);
void mean(Translation& t);
void mean_variance_normalization(Translation& t);
void pad(Translation& t);
void power(Translation& t);
void prelu(Translation& t);
void reduce(Translation& t);
void reduce_sum(Translation& t);
void resize(Translation& t);
void slice(Translation& t);
void softmax(Translation& t);
void split(Translation& t);
void squeeze(Translation& t);
void sum(Translation& t);
void top_k(Translation& t);
void upsample(Translation& t);

}  // namespace octavo::formats::rewrite
