# Writes a C++ source that holds files as strings. Run as a script:
#   cmake -DOUTPUT=FILE.cpp -DHEADER=tools/x.hpp -DNAMESPACE=a::b "-DFILES=kName=path|kName=path" -P
# The header declares each kName as `extern const std::string_view`.
set(source "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nnamespace {\n")
set(definitions "")
string(REPLACE "|" ";" files "${FILES}")
foreach(file IN LISTS files)
  string(REGEX MATCH "^([^=]+)=(.*)$" matched "${file}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND source "constexpr char ${name}Bytes[] = {${bytes}};\n")
  string(APPEND definitions
    "const std::string_view ${name}{${name}Bytes, sizeof ${name}Bytes};\n")
endforeach()
string(APPEND source "}  // namespace\n${definitions}}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUTPUT}" "${source}")
