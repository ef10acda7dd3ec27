# The libraries that Octavo stands on: the system's packages where they are installed, a pinned
# download otherwise. Header-only libraries become interface targets.
include(FetchContent)
find_package(Threads REQUIRED)
if(NOT OCTAVO_KERNELS_ONLY)
  find_package(pthreadpool REQUIRED)
endif()

# octavo_header_dependency(TARGET HEADER URL [SUBDIRECTORY])
function(octavo_header_dependency target header url)
  string(MAKE_C_IDENTIFIER "OCTAVO_${target}_INCLUDE" variable)
  find_path(${variable} ${header})
  mark_as_advanced(${variable})
  add_library(${target} INTERFACE)
  if(${variable})
    target_include_directories(${target} SYSTEM INTERFACE ${${variable}})
  else()
    FetchContent_Declare(${target}_source URL ${url})
    FetchContent_GetProperties(${target}_source)
    if(NOT ${target}_source_POPULATED)
      FetchContent_Populate(${target}_source)
    endif()
    target_include_directories(${target} SYSTEM INTERFACE ${${target}_source_SOURCE_DIR}/${ARGN})
  endif()
endfunction()

octavo_header_dependency(octavo_xsimd xsimd/xsimd.hpp
  https://github.com/xtensor-stack/xsimd/archive/refs/tags/8.1.0.tar.gz include)
octavo_header_dependency(octavo_protozero protozero/pbf_reader.hpp
  https://github.com/mapbox/protozero/archive/refs/tags/v1.7.1.tar.gz include)
octavo_header_dependency(octavo_rapidjson rapidjson/reader.h
  https://github.com/Tencent/rapidjson/archive/refs/tags/v1.1.0.tar.gz include)
if(OCTAVO_BUILD_TOOLS OR OCTAVO_BUILD_TESTS OR OCTAVO_BUILD_BENCHMARKS)
  octavo_header_dependency(octavo_json nlohmann/json.hpp
    https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz include)
endif()
if(OCTAVO_BUILD_TOOLS)
  octavo_header_dependency(octavo_cli11 CLI/CLI.hpp
    https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.1.2.tar.gz include)
endif()
if(OCTAVO_BUILD_TESTS)
  octavo_header_dependency(octavo_doctest doctest/doctest.h
    https://github.com/doctest/doctest/archive/refs/tags/v2.4.9.tar.gz .)
endif()
if(OCTAVO_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
