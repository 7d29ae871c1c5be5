# The libraries, all from Debian packages, static where Debian has an archive of them.
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL 3 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)

find_path(YAML_INCLUDE yaml.h REQUIRED)
find_library(YAML_LIBRARY NAMES libyaml.a yaml REQUIRED)
add_library(yaml INTERFACE)
target_link_libraries(yaml INTERFACE ${YAML_LIBRARY})

# Debian has no archive of fmt. Its compiled part is one small file over the headers, made here once.
add_library(gantry_fmt STATIC ${PROJECT_SOURCE_DIR}/cmake/fmt.cpp)
target_include_directories(gantry_fmt SYSTEM PUBLIC
  $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_options(gantry_fmt PRIVATE -w)
