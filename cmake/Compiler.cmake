# Which compiler: clang-19 unless CXX or CMAKE_CXX_COMPILER says otherwise.
if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(GANTRY_CLANG NAMES clang++-19)
  if(NOT GANTRY_CLANG)
    message(FATAL_ERROR "clang++-19 is not installed: run `make setup`, or set CXX")
  endif()
  set(CMAKE_CXX_COMPILER ${GANTRY_CLANG})
endif()
