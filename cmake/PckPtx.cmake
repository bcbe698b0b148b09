# pck_add_ptx(NAME): the PTX of kernels/NAME.cu, checked in as ptx/NAME.ptx. `cmake --build … --target ptx` writes it anew; the test
# ptx_NAME fails where it is not what the compiler makes of the sources now. Nothing where there is no nvcc, nor beside the sanitizers: once is enough.
# nvcc 13.0 makes one of two of a large kernel, by the names of the files it reads: so the source is named from the folder native, and the intermediate
# files are kept under names without the number of a process. In a build folder of another name than build/native, or under load, it may be the other one.

set(PCK_PTX_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/NormalisePtx.cmake")
set(PCK_PTX_CHECK "${CMAKE_CURRENT_LIST_DIR}/CheckPtx.cmake")

function(pck_add_ptx name)
  if(NOT PCK_NVCC OR PCK_SANITIZE)
    return()
  endif()
  set(source "${CMAKE_CURRENT_SOURCE_DIR}/kernels/${name}.cu")
  set(checked_in "${CMAKE_CURRENT_SOURCE_DIR}/ptx/${name}.ptx")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/ptx/${name}.ptx")
  set(kept "${CMAKE_CURRENT_BINARY_DIR}/ptx/${name}")
  file(RELATIVE_PATH kept_from_here "${CMAKE_CURRENT_SOURCE_DIR}" "${kept}")
  set(compile ${PCK_NVCC_COMMAND} -std=c++20 -O3 -arch=compute_80 -lineinfo -Werror all-warnings -I include -keep -keep-dir "${kept_from_here}" -ptx "kernels/${name}.cu")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${kept}"
    COMMAND ${compile} -MMD -MF "${output}.d" -o "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DFILE=${output}" "-DROOT=${CMAKE_CURRENT_SOURCE_DIR}/" -P "${PCK_PTX_SCRIPT}"
    DEPENDS "${source}" "${PCK_PTX_SCRIPT}"
    DEPFILE "${output}.d"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMENT "nvcc ${name}.cu to PTX"
    VERBATIM)
  add_custom_target(ptx_${name} ALL DEPENDS "${output}")
  if(NOT TARGET ptx)
    add_custom_target(ptx COMMENT "writes ptx/ anew")
  endif()
  add_custom_target(copy_ptx_${name} COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${output}" "${checked_in}" DEPENDS "${output}" VERBATIM)
  add_dependencies(ptx copy_ptx_${name})
  set(again "${kept}/again.ptx")
  string(REPLACE ";" "|" command "${compile};-o;${again}")
  add_test(NAME ptx_${name} COMMAND "${CMAKE_COMMAND}" "-DMADE=${output}" "-DCHECKED_IN=${checked_in}" "-DCOMMAND=${command}" "-DAGAIN=${again}"
    "-DFOLDER=${CMAKE_CURRENT_SOURCE_DIR}" "-DNORMALISE=${PCK_PTX_SCRIPT}" -P "${PCK_PTX_CHECK}")
endfunction()
