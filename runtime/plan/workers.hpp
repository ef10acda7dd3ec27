#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "octavo/parallel.hpp"

namespace octavo {

/// The threads of one session: runs a callable for indices, on the caller's thread alone when there
/// is only one.
class Workers {
 public:
  Workers(std::shared_ptr<Parallel> parallel, std::size_t threads)
      : parallel_(std::move(parallel)), threads_(parallel_ ? threads : 1) {}

  [[nodiscard]] std::size_t threads() const noexcept { return threads_; }

  /// Calls `body(i)` for every i in [0, count). `body` must not throw. Always by way of a pointer,
  /// so that there is one copy of its code.
  template <class Body>
  void for_each(std::size_t count, const Body& body) {
    run(
        count,
        [](void* context, std::size_t index) noexcept {
          (*static_cast<const Body*>(context))(index);
        },
        const_cast<Body*>(&body));
  }

  /// Lets the threads sleep, if there was work for them.
  void rest() noexcept {
    if (std::exchange(awake_, false)) parallel_->rest();
  }

 private:
  void run(std::size_t count, Parallel::Task task, void* context) {
    if (threads_ == 1 || count <= 1) {
      for (std::size_t i = 0; i < count; ++i) task(context, i);
    } else {
      awake_ = true;
      parallel_->for_each(count, task, context);
    }
  }

  std::shared_ptr<Parallel> parallel_;
  std::size_t threads_;
  bool awake_ = false;  ///< since rest()
};

/// The time in which threads may stay awake for more work.
class WorkersAwake {
 public:
  explicit WorkersAwake(Workers& workers) : workers_(workers) {}
  WorkersAwake(const WorkersAwake&) = delete;
  WorkersAwake& operator=(const WorkersAwake&) = delete;
  ~WorkersAwake() { workers_.rest(); }

 private:
  Workers& workers_;
};

}  // namespace octavo
