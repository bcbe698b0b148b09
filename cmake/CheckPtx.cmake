# Compares the PTX that was MADE with the one CHECKED_IN, byte for byte. nvcc 13.0 makes one of two of a large kernel: with the same names almost always the
# same one, but not on a machine with much else to do. Where the first differs, COMMAND, in FOLDER, makes AGAIN a few times more, and one has to be the one on file.

set(PCK_TRIES 8)

function(pck_is_same file result)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${file}" "${CHECKED_IN}" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  if(status EQUAL 0)
    set(${result} ON PARENT_SCOPE)
  else()
    set(${result} OFF PARENT_SCOPE)
  endif()
endfunction()

pck_is_same("${MADE}" same)
string(REPLACE "|" ";" COMMAND "${COMMAND}")
foreach(try RANGE 1 ${PCK_TRIES})
  if(same)
    break()
  endif()
  execute_process(COMMAND ${COMMAND} WORKING_DIRECTORY "${FOLDER}" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${CMAKE_COMMAND}" "-DFILE=${AGAIN}" "-DROOT=${FOLDER}/" -P "${NORMALISE}" COMMAND_ERROR_IS_FATAL ANY)
  pck_is_same("${AGAIN}" same)
endforeach()
if(NOT same)
  message(FATAL_ERROR "${CHECKED_IN} is not what nvcc makes of its source: run the target ptx")
endif()
