# One static library a folder under src/, linked by the table of floors (tests/tidy/floors.json, which the
# tidy test reads too). A folder is there as soon as it holds a .cpp file.
set(GANTRY_FLOORS ${PROJECT_SOURCE_DIR}/tests/tidy/floors.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${GANTRY_FLOORS})
file(READ ${GANTRY_FLOORS} GANTRY_TABLE)

# The members of an array at a place of the table; empty where there is none.
function(gantry_table_list out)
  string(JSON length ERROR_VARIABLE missing LENGTH "${GANTRY_TABLE}" ${ARGN})
  set(found "")
  if(NOT missing AND length GREATER 0)
    math(EXPR last "${length} - 1")
    foreach(i RANGE ${last})
      string(JSON member GET "${GANTRY_TABLE}" ${ARGN} ${i})
      list(APPEND found ${member})
    endforeach()
  endif()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# Adds gantry_FOLDER, if src/FOLDER holds code.
function(gantry_add_folder folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "(_test|/test_[a-z0-9_]+)\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(gantry_${folder} STATIC ${sources})
  gantry_table_list(libraries libraries ${folder})
  target_link_libraries(gantry_${folder} PUBLIC ${libraries})
  # The version is told to files named version.cpp alone: a new one does not compile everything anew.
  foreach(source IN LISTS sources)
    if(source MATCHES "/version\\.cpp$")
      set_source_files_properties(${source} PROPERTIES
        COMPILE_DEFINITIONS "GANTRY_VERSION=\"${PROJECT_VERSION}\"")
    endif()
  endforeach()
endfunction()

# Links a folder with what stands below it, and beside it where an arrow leads.
function(gantry_link_folder folder folders)
  string(JSON floor GET "${GANTRY_TABLE}" floors ${folder})
  gantry_table_list(arrows arrows ${folder})
  gantry_table_list(never never ${folder} folders)
  foreach(other IN LISTS folders)
    string(JSON other_floor GET "${GANTRY_TABLE}" floors ${other})
    if(NOT TARGET gantry_${other} OR other IN_LIST never)
      continue()
    endif()
    if(other_floor LESS floor OR other IN_LIST arrows)
      target_link_libraries(gantry_${folder} PUBLIC gantry_${other})
    endif()
  endforeach()
endfunction()

# All folders of the table. Sets GANTRY_FOLDER_TARGETS, the highest floor first.
function(gantry_add_folders)
  string(JSON count LENGTH "${GANTRY_TABLE}" floors)
  math(EXPR last "${count} - 1")
  set(folders "")
  foreach(i RANGE ${last})
    string(JSON folder MEMBER "${GANTRY_TABLE}" floors ${i})
    list(APPEND folders ${folder})
    gantry_add_folder(${folder})
  endforeach()
  set(targets "")
  foreach(folder IN LISTS folders)
    if(TARGET gantry_${folder})
      gantry_link_folder(${folder} "${folders}")
      list(APPEND targets gantry_${folder})
    endif()
  endforeach()
  set(GANTRY_FOLDER_TARGETS ${targets} PARENT_SCOPE)
endfunction()

# All *_test.cpp under src/, and the test_*.cpp that they share, in one program.
function(gantry_add_unit_tests)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS
       ${PROJECT_SOURCE_DIR}/src/*_test.cpp ${PROJECT_SOURCE_DIR}/src/test_*.cpp)
  if(NOT tests)
    return()
  endif()
  add_executable(unit_tests EXCLUDE_FROM_ALL ${tests})
  target_link_libraries(unit_tests PRIVATE
    ${GANTRY_FOLDER_TARGETS} nlohmann_json::nlohmann_json GTest::gmock GTest::gtest GTest::gtest_main)
endfunction()

# Target header_checks: every header compiles alone.
function(gantry_add_header_checks)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/src
       ${PROJECT_SOURCE_DIR}/src/*.h)
  set(checks "")
  foreach(header IN LISTS headers)
    string(REPLACE "/" "_" name ${header})
    set(check ${CMAKE_BINARY_DIR}/headers/${name}.cpp)
    file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${header}\"\n")
    list(APPEND checks ${check})
  endforeach()
  if(checks)
    add_library(header_checks OBJECT EXCLUDE_FROM_ALL ${checks})
    target_link_libraries(header_checks PRIVATE
      OpenSSL::SSL nlohmann_json::nlohmann_json CLI11::CLI11 yaml gantry_fmt GTest::gmock)
  endif()
endfunction()
