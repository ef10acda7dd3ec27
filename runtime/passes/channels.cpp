#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "runtime/passes/passes.hpp"

namespace octavo::passes {
namespace {

/// How the elements of a value come from those of `source`, of shape [N, C, spatial...]: the value
/// has shape [leading..., trailing...], where the trailing dimensions are the spatial ones of one
/// channel, perhaps written otherwise, and the leading position i is channel channels[i] of all
/// N * C.
struct ChannelView {
  ValueId source = kNoValue;
  Shape leading;
  std::vector<std::int64_t> channels;
};

/// Follows values through the reshapes, transposes and selections that leave the spatial dimensions
/// alone. Where such a chain arrives at [N, C', spatial...] again, it was a selection or a shuffle
/// of channels, as ShuffleNet (arXiv 1807.11164, section 3) writes it: one Gather, which needs no
/// particular order of the dimensions, takes its place.
class ChannelGatherer {
 public:
  explicit ChannelGatherer(Graph& graph) : graph_(graph), views_(graph.values.size()) {}

  void run() {
    for (Node& node : graph_.nodes) {
      if (node.outputs.size() != 1) continue;
      const ValueId out = node.outputs[0];
      std::optional<ChannelView> view = follow(node);
      if (!view || followed_ > kMostChannels) continue;
      followed_ += view->channels.size();
      if (const auto channels = selected_channels(*view, graph_.values[out].shape)) {
        make_gather(node, view->source, *channels);
      } else {
        views_[out] = std::move(view);
      }
    }
  }

 private:
  /// The view of the output of a node; nullopt where it is none.
  std::optional<ChannelView> follow(const Node& node) {
    switch (node.op) {
      case Op::Flatten:
      case Op::Reshape:
      case Op::Squeeze:
      case Op::Unsqueeze:
        return reshaped(node);
      case Op::Transpose:
        return transposed(node);
      case Op::Gather:
        return gathered(node);
      default:
        return std::nullopt;
    }
  }

  std::optional<ChannelView> input_view(const Node& node) {
    const ValueId id = node.inputs[0];
    if (views_[id]) return views_[id];
    const Value& value = graph_.values[id];
    if (value.constant != nullptr || value.shape.size() < 3) return std::nullopt;
    ChannelView view{id, {value.shape[0], value.shape[1]}, {}};
    const std::size_t count = element_count(view.leading);
    if (count == 0 || count > kMostChannels || spatial_size(id) < 2) return std::nullopt;
    view.channels.resize(count);
    std::iota(view.channels.begin(), view.channels.end(), 0);
    return view;
  }

  [[nodiscard]] std::size_t spatial_size(ValueId source) const {
    const Shape& shape = graph_.values[source].shape;
    return element_count({shape.begin() + 2, shape.end()});
  }

  std::optional<ChannelView> reshaped(const Node& node) {
    std::optional<ChannelView> view = input_view(node);
    if (!view) return std::nullopt;
    const Shape& shape = graph_.values[node.outputs[0]].shape;
    auto split = shape.end();
    for (std::size_t trailing = 1; trailing < spatial_size(view->source); --split) {
      if (split == shape.begin()) return std::nullopt;
      trailing *= static_cast<std::size_t>(split[-1]);
    }
    view->leading.assign(shape.begin(), split);
    if (element_count(view->leading) != view->channels.size()) return std::nullopt;
    return view;
  }

  std::optional<ChannelView> transposed(const Node& node) {
    std::optional<ChannelView> view = input_view(node);
    const std::vector<std::int64_t> perm = NodeView(graph_, node).integers("perm", {});
    if (!view || perm.empty()) return std::nullopt;
    const std::size_t rank = view->leading.size();
    for (std::size_t i = 0; i < perm.size(); ++i) {
      const bool kept = perm[i] == static_cast<std::int64_t>(i);
      if (perm[i] < 0 || (i >= rank && !kept)) return std::nullopt;
    }
    const ChannelView old = *view;
    for (std::size_t d = 0; d < rank; ++d) {
      view->leading[d] = old.leading[static_cast<std::size_t>(perm[d])];
    }
    for (std::size_t i = 0; i < view->channels.size(); ++i) {
      std::vector<std::size_t> index(rank);
      for (std::size_t d = rank, rest = i; d-- > 0;) {
        const auto extent = static_cast<std::size_t>(view->leading[d]);
        index[static_cast<std::size_t>(perm[d])] = rest % extent;
        rest /= extent;
      }
      std::size_t from = 0;
      for (std::size_t d = 0; d < rank; ++d) {
        from = from * static_cast<std::size_t>(old.leading[d]) + index[d];
      }
      view->channels[i] = old.channels[from];
    }
    return view;
  }

  /// One constant index in a leading dimension.
  std::optional<ChannelView> gathered(const Node& node) {
    std::optional<ChannelView> view = input_view(node);
    const NodeView reader(graph_, node);
    if (!view || reader.constant(1) == nullptr || !reader.shape(1).empty()) return std::nullopt;
    const std::size_t axis = reader.axis(reader.integer("axis", 0), reader.shape(0).size());
    if (axis >= view->leading.size()) return std::nullopt;
    const std::int64_t extent = view->leading[axis];
    const std::int64_t given = reader.require_integers(1, "indices")[0];
    const std::int64_t index = given < 0 ? given + extent : given;
    const auto inner_begin = view->leading.begin() + static_cast<std::ptrdiff_t>(axis) + 1;
    const auto inner = static_cast<std::int64_t>(element_count({inner_begin, view->leading.end()}));
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < view->channels.size(); ++i) {
      if (static_cast<std::int64_t>(i) / inner % extent == index) {
        kept.push_back(view->channels[i]);
      }
    }
    view->leading.erase(inner_begin - 1);
    view->channels = std::move(kept);
    return view;
  }

  /// The channels that the view selects from every image, where it has the form of its source and
  /// is another tensor.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> selected_channels(
      const ChannelView& view, const Shape& shape) const {
    const Shape& source = graph_.values[view.source].shape;
    if (shape.size() != source.size() || view.leading.size() != 2 || shape[0] != source[0] ||
        !std::equal(shape.begin() + 2, shape.end(), source.begin() + 2)) {
      return std::nullopt;
    }
    const auto count = static_cast<std::size_t>(shape[1]);
    for (std::size_t i = 0; i < view.channels.size(); ++i) {
      const auto image = static_cast<std::int64_t>(i / count);
      if (view.channels[i] != view.channels[i % count] + image * source[1]) return std::nullopt;
      if (image == 0 && (view.channels[i] < 0 || view.channels[i] >= source[1])) {
        return std::nullopt;
      }
    }
    std::vector<std::int64_t> channels(view.channels.begin(),
                                       view.channels.begin() + static_cast<std::ptrdiff_t>(count));
    const bool all = shape[1] == source[1] && std::ranges::is_sorted(channels);
    return all ? std::nullopt : std::optional(std::move(channels));
  }

  void make_gather(Node& node, ValueId source, const std::vector<std::int64_t>& channels) {
    const ValueId indices = graph_.add_constant(
        node.name + ".channels", Tensor::of<std::int64_t>({std::ssize(channels)}, channels));
    views_.resize(graph_.values.size());
    node.op = Op::Gather;
    node.inputs = {source, indices};
    node.attributes = {{"axis", std::int64_t{1}}};
  }

  /// Of all views together, which bounds their time and memory.
  static constexpr std::size_t kMostChannels = std::size_t{1} << 20U;

  Graph& graph_;
  std::vector<std::optional<ChannelView>> views_;
  std::size_t followed_ = 0;  ///< channels in all views
};

}  // namespace

void gather_channels(Graph& graph) {
  ChannelGatherer(graph).run();
}

}  // namespace octavo::passes
