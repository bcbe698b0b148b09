# Compares the PTX that was MADE with the one CHECKED_IN. nvcc 13.0 makes one of two of a large kernel, by the name that the number of its process gives its
# intermediate files: where the first differs, the SOURCE is compiled a few times more, and one of them has to be the one on file, byte for byte.

set(PCK_TRIES 16)

function(pck_is_same file result)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${file}" "${CHECKED_IN}" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  if(status EQUAL 0)
    set(${result} ON PARENT_SCOPE)
  else()
    set(${result} OFF PARENT_SCOPE)
  endif()
endfunction()

pck_is_same("${MADE}" same)
string(REPLACE "|" ";" NVCC "${NVCC}")
set(another "${MADE}.again")
foreach(try RANGE 1 ${PCK_TRIES})
  if(same)
    break()
  endif()
  execute_process(COMMAND ${NVCC} -std=c++20 -O3 -arch=compute_80 -lineinfo -Werror all-warnings -I "${ROOT}include" -ptx -o "${another}" "${SOURCE}" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${CMAKE_COMMAND}" "-DFILE=${another}" "-DROOT=${ROOT}" -P "${NORMALISE}" COMMAND_ERROR_IS_FATAL ANY)
  pck_is_same("${another}" same)
endforeach()
file(REMOVE "${another}")
if(NOT same)
  message(FATAL_ERROR "${CHECKED_IN} is not what nvcc makes of ${SOURCE}: run the target ptx")
endif()
