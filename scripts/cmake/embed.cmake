# embed_folder(<out> <folder>...): an object that holds every file below the folders, by .incbin, and
# a table of them sorted by path. base/embed.h declares the table; out is the list of sources to add.
# What a browser loads is there a second time, as gzip: "web/style.css.gz" beside "web/style.css".
function(embed_folder out)
    set(listing "")
    foreach(folder ${ARGN})
        file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${folder}/*)
        list(APPEND listing ${files})
    endforeach()
    list(FILTER listing EXCLUDE REGEX "(^|/)\\.|\\.c$|\\.h$|README\\.md$")
    set(pages ${listing})
    list(FILTER pages INCLUDE REGEX "^web/.*\\.(html|css|js|svg)$")
    foreach(file ${pages})
        embed_gzip(${file})
        list(APPEND listing ${file}.gz)
    endforeach()
    list(SORT listing)

    set(assembly "    .section .note.GNU-stack,\"\",%progbits\n    .section .rodata\n")
    set(externs "")
    set(rows "")
    set(paths "")
    set(number 0)
    foreach(file ${listing})
        set(source ${CMAKE_SOURCE_DIR}/${file})
        if(file MATCHES "\\.gz$")
            set(source ${CMAKE_BINARY_DIR}/${file})
        endif()
        string(APPEND assembly
            "    .global embedded_${number}\n    .global embedded_end_${number}\n"
            "embedded_${number}:\n    .incbin \"${source}\"\n"
            "embedded_end_${number}:\n    .byte 0\n")
        string(APPEND externs "extern const char embedded_${number}[], embedded_end_${number}[];\n")
        string(APPEND rows "    {\"${file}\", embedded_${number}, embedded_end_${number}},\n")
        list(APPEND paths ${source})
        math(EXPR number "${number} + 1")
    endforeach()

    set(asm_file ${CMAKE_BINARY_DIR}/embedded_files.S)
    set(c_file ${CMAKE_BINARY_DIR}/embedded_table.c)
    file(CONFIGURE OUTPUT ${asm_file} CONTENT "${assembly}" @ONLY)
    file(CONFIGURE OUTPUT ${c_file} CONTENT
        "#include \"base/embed.h\"\n${externs}const struct embedded embedded_files[] = {\n${rows}    {0, 0, 0},\n};\n" @ONLY)
    set_source_files_properties(${asm_file} PROPERTIES OBJECT_DEPENDS "${paths}")
    set(${out} ${asm_file} ${c_file} PARENT_SCOPE)
endfunction()

function(embed_gzip file)
    get_filename_component(folder ${CMAKE_BINARY_DIR}/${file} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${file}.gz
        COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/${file} > ${CMAKE_BINARY_DIR}/${file}.gz
        DEPENDS ${CMAKE_SOURCE_DIR}/${file} VERBATIM COMMENT "")
endfunction()
