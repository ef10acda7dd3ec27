#include "runtime/formats/formats.hpp"

#include <string_view>

#include "octavo/error.hpp"

#include "runtime/context.hpp"
#include "runtime/formats/mapped_file.hpp"
#include "runtime/formats/octavo_file.hpp"
#include "runtime/formats/onnx_graph.hpp"
#include "runtime/formats/safetensors.hpp"
#include "runtime/graph/check.hpp"

namespace octavo::formats {

Graph load(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
           const std::string& name) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return in_context([&] { return name; },
                    [&] {
                      if (file.empty()) throw Error(ErrorCode::malformed_file, "the file is empty");
                      Graph graph = is_safetensors(file)
                                        ? decode_graph(read_safetensors(file, owner))
                                        : load_onnx(file, owner);
                      check(graph);
                      return graph;
                    });
}

Graph load(const std::filesystem::path& path) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  Graph graph = load(file->bytes(), file, path.string());
  graph.file = {file, file->bytes()};
  return graph;
}

void save(const Graph& graph, const std::filesystem::path& path) {
  const Safetensors file =
      in_context([&] { return path.string(); }, [&] { return encode_graph(graph); });
  write_safetensors(file, path);
}

}  // namespace octavo::formats
