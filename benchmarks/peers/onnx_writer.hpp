#pragma once

#include <string>

#include "octavo/model.hpp"

namespace octavo::bench {

/// The bytes of an ONNX file (opset 17) of a model, so that other engines can run what exists in
/// memory only. Free dimensions of inputs get the sizes of `shapes`. For models that GraphBuilder
/// made: nothing here turns operators of Octavo's own back into ONNX's.
std::string to_onnx(const Model& model, const ShapeBindings& shapes);

}  // namespace octavo::bench
