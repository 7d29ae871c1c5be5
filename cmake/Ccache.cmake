# ccache, set up so that a clean clone in another folder hits what the first one compiled: paths below the
# source folder are made relative, the working directory is not part of the key.
find_program(GANTRY_CCACHE ccache)
if(GANTRY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=1
    CCACHE_COMPILERCHECK=content
    CCACHE_SLOPPINESS=time_macros,include_file_ctime,include_file_mtime
    ${GANTRY_CCACHE})
endif()
