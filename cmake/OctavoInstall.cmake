# cmake --install: the library, its headers, the octavo command and the package for find_package.
include(CMakePackageConfigHelpers)
set(octavo_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/octavo)

install(TARGETS octavo EXPORT octavo-targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/octavo DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT octavo-targets NAMESPACE octavo:: DESTINATION ${octavo_package_folder})

if(OCTAVO_BUILD_TOOLS)
  install(TARGETS octavo_command)
endif()

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/octavo-config.cmake.in ${PROJECT_BINARY_DIR}/octavo-config.cmake
  INSTALL_DESTINATION ${octavo_package_folder})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/octavo-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/octavo-config.cmake
  ${PROJECT_BINARY_DIR}/octavo-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/Findpthreadpool.cmake
  DESTINATION ${octavo_package_folder})
