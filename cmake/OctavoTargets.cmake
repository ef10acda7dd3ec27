# How Octavo's own targets are compiled and linked.
include(CheckIPOSupported)
include(CheckLinkerFlag)
include(GNUInstallDirs)

function(octavo_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms on string concatenation (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(OCTAVO_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# Makes the release build of a shared library smaller, across its files. Static ones do without:
# whoever links them would need the same compiler.
function(octavo_optimize_whole target)
  if(BUILD_SHARED_LIBS)
    check_ipo_supported(RESULT supported OUTPUT reason LANGUAGES CXX)
    set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION_RELEASE ${supported})
  endif()
endfunction()

# The object library that the folders of the library add their sources to.
function(octavo_add_objects target)
  add_library(${target} OBJECT)
  octavo_compile_options(${target})
  # Small: the loops that models spend their time in choose their own optimization (kernels/ and
  # the list in runtime/). Sections let the linker drop what no caller needs. Unwinding is exact at
  # calls, where exceptions come from, not at every instruction.
  target_compile_options(${target} PRIVATE
    $<$<CONFIG:Release>:-Os> $<$<CONFIG:Release>:-fno-asynchronous-unwind-tables>
    -ffunction-sections -fdata-sections)
  set_target_properties(${target} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  octavo_optimize_whole(${target})
  target_include_directories(${target} PUBLIC
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target}
    PUBLIC Threads::Threads $<TARGET_NAME_IF_EXISTS:pthreadpool::pthreadpool>
    PRIVATE octavo_xsimd octavo_protozero octavo_rapidjson)
endfunction()

# The library that applications link.
function(octavo_add_library target objects)
  add_library(${target} $<TARGET_OBJECTS:${objects}>)
  add_library(octavo::${target} ALIAS ${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE Threads::Threads pthreadpool::pthreadpool)
  octavo_optimize_whole(${target})
  if(BUILD_SHARED_LIBS)
    set(map ${PROJECT_SOURCE_DIR}/cmake/octavo.map)
    target_link_options(${target} PRIVATE
      LINKER:--version-script=${map} LINKER:--no-undefined LINKER:--gc-sections)
    check_linker_flag(CXX LINKER:-z,pack-relative-relocs OCTAVO_CAN_PACK_RELOCATIONS)
    if(OCTAVO_CAN_PACK_RELOCATIONS)
      target_link_options(${target} PRIVATE LINKER:-z,pack-relative-relocs)
    endif()
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${map})
  endif()
  set_target_properties(${target} PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}
    LINKER_LANGUAGE CXX)
endfunction()
