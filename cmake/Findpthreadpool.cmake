# Finds pthreadpool (https://github.com/Maratyszcza/pthreadpool), which has no CMake package in most
# distributions, and makes the imported target pthreadpool::pthreadpool. Used by Octavo's build and,
# installed beside octavo-config.cmake, by whoever links a static Octavo.
find_path(pthreadpool_INCLUDE_DIR pthreadpool.h)
find_library(pthreadpool_LIBRARY pthreadpool)
mark_as_advanced(pthreadpool_INCLUDE_DIR pthreadpool_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(pthreadpool
  REQUIRED_VARS pthreadpool_LIBRARY pthreadpool_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libpthreadpool-dev")

if(pthreadpool_FOUND AND NOT TARGET pthreadpool::pthreadpool)
  add_library(pthreadpool::pthreadpool UNKNOWN IMPORTED)
  set_target_properties(pthreadpool::pthreadpool PROPERTIES
    IMPORTED_LOCATION ${pthreadpool_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${pthreadpool_INCLUDE_DIR})
endif()
