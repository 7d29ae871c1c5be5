# The language, the warnings, the kinds of build.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} is refused: before version 13 it destroys twice an aggregate or a "
    "capturing lambda that is made inside a co_await expression, which ends in a double free. "
    "Use clang-19 (`make setup` installs it; unset CXX), or g++ 13 or later.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

# Each kind of build says all of its flags here; CMake's own defaults would add NDEBUG and -O3.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -ffunction-sections -fdata-sections")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
set(CMAKE_CXX_FLAGS_ASAN
  "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all")
set(CMAKE_CXX_FLAGS_TSAN "-O1 -g -fno-omit-frame-pointer -fsanitize=thread")

# The release binary needs glibc alone. Its symbol table stays, for back traces.
set(CMAKE_EXE_LINKER_FLAGS_RELEASE
  "-static-libstdc++ -static-libgcc -Wl,--gc-sections -Wl,--as-needed -Wl,--strip-debug -Wl,-O2 -Wl,--icf=safe")
set(CMAKE_EXE_LINKER_FLAGS_ASAN "-fsanitize=address,undefined")
set(CMAKE_EXE_LINKER_FLAGS_TSAN "-fsanitize=thread")

find_package(Threads REQUIRED)

# What every target of ours is compiled with.
add_library(gantry_flags INTERFACE)
target_include_directories(gantry_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(gantry_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression-from-macro-expansion>)
target_link_libraries(gantry_flags INTERFACE Threads::Threads)
link_libraries(gantry_flags)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

# Paths in the binary are relative to the source folder, wherever that is: two clones give the same objects.
file(RELATIVE_PATH up ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
string(REGEX REPLACE "/$" "" up "${up}")
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${up}=.)
