# Leaves package NAME's FILE in FOLDER as ALIAS.js, and its licence as ALIAS.LICENSE. The package is fetched from
# wherever the user's npm fetches from, and only if it is not there yet; it must have the hash SHA512.
string(REGEX REPLACE "^@" "" archive ${NAME})
string(REPLACE "/" "-" archive ${archive})
set(archive ${FOLDER}/${archive}-${VERSION}.tgz)

function(hash_of_archive result)
  set(hash "none")
  if(EXISTS ${archive})
    file(SHA512 ${archive} hash)
  endif()
  set(${result} ${hash} PARENT_SCOPE)
endfunction()

hash_of_archive(hash)
if(NOT hash STREQUAL SHA512)
  file(MAKE_DIRECTORY ${FOLDER})
  execute_process(
    COMMAND ${NPM} pack ${NAME}@${VERSION} --ignore-scripts --pack-destination ${FOLDER}
    WORKING_DIRECTORY ${FOLDER} OUTPUT_QUIET ERROR_VARIABLE said RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "npm could not fetch ${NAME} ${VERSION}; to build without --report: "
      "cmake -DSHARDFLOW_REPORT=OFF. npm said:\n${said}")
  endif()
  hash_of_archive(hash)
endif()
if(NOT hash STREQUAL SHA512)
  message(FATAL_ERROR "${archive} is not the ${NAME} ${VERSION} that was asked for: its SHA-512 is ${hash}, "
    "not ${SHA512}")
endif()

set(unpacked ${FOLDER}/${ALIAS})
file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${unpacked} PATTERNS package/${FILE} package/LICENSE)
file(COPY_FILE ${unpacked}/package/${FILE} ${FOLDER}/${ALIAS}.js)
file(COPY_FILE ${unpacked}/package/LICENSE ${FOLDER}/${ALIAS}.LICENSE)
# The archive's times are long ago; a build must see these as new.
file(TOUCH ${FOLDER}/${ALIAS}.js ${FOLDER}/${ALIAS}.LICENSE)
