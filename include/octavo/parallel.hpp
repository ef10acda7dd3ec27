#pragma once

#include <cstddef>
#include <memory>

#include "octavo/export.hpp"

namespace octavo {

/// How Octavo asks for parallel work: the one function an application implements to lend its own
/// thread pool.
class OCTAVO_EXPORT Parallel {
 public:
  using Task = void (*)(void* context, std::size_t index) noexcept;

  virtual ~Parallel();

  /// Calls `task(context, i)` once for every i in [0, count), from any threads, and returns when
  /// all calls have returned. Never called by Octavo from inside a task.
  virtual void for_each(std::size_t count, Task task, void* context) = 0;

  /// Called when a run that has asked for parallel work ends: threads that were kept awake for more
  /// of it may sleep. Does nothing unless overridden.
  virtual void rest() noexcept;
};

/// Octavo's own pool of `threads` threads, the caller's among them. Workers sleep between runs.
/// Within a run they wait awake for the next layer, unless there are more of them than processors.
OCTAVO_EXPORT std::shared_ptr<Parallel> make_thread_pool(std::size_t threads);

}  // namespace octavo
