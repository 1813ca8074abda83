# Starts a command of memstacks; sourced by the launchers, which set
#   self    the launcher's own path, symbolic links resolved
#   main    the command's main class
#   flags   the JVM options that suit the command
#   files   how many files the command may have open at once, at the least
# Works in a checkout (jars in app/target/lib) and in an installation (jars in lib beside bin).
# Starts no process but the JVM: a tool that attaches to production must not take long to begin.

bin=${self%/*}
command=${self##*/}

# The JVM finds its own libraries by it, and we what is traced.
if ! [ -d /proc/self ]; then
    echo "$command: /proc is not mounted here: mount -t proc proc /proc" >&2
    exit 1
fi

# The JVM would open files of its own under the number of a closed descriptor, and the data go there.
[ -e /proc/self/fd/0 ] || exec </dev/null
[ -e /proc/self/fd/2 ] || exec 2>/dev/null
if ! [ -e /proc/self/fd/1 ]; then
    echo "$command: stdout is closed: send it to a file, or to /dev/null" >&2
    exit 1
fi

# The JVM does not start where its working directory was deleted, and no file of a relative path can be there.
if ! [ -d "${PWD:-}" ] && [ -z "$(pwd -P 2>/dev/null)" ]; then
    echo "$command: the working directory was deleted: relative paths are taken to begin at /" >&2
    cd /
fi

while read -r word1 word2 word3 soft hard _; do
    [ "$word1 $word2 $word3" != "Max open files" ] || break
done </proc/self/limits
if [ "${soft:-unlimited}" != unlimited ] && [ "$soft" -lt "$files" ]; then
    if [ "$hard" != unlimited ] && [ "$hard" -lt "$files" ]; then
        echo "$command: needs $files open files at least, and no more than $hard are allowed: raise the limit as root (ulimit -n 1024)" >&2
        exit 1
    fi
    ulimit -S -n "$hard"
fi

. "$bin/lib/jdk.sh"

jars=$bin/../lib
if [ ! -e "$jars/memstacks.jar" ]; then
    jars=$bin/../app/target/lib
    if [ ! -e "$jars/memstacks.jar" ]; then
        echo "$command: not built yet: run \`make build\` in $(cd "$bin/.." && pwd)" >&2
        exit 1
    fi
fi

if ! find_java; then
    echo "$command: needs Java $MEMSTACKS_JAVA_VERSION or newer and found none in JAVA_HOME or below /usr/lib/jvm." >&2
    echo "$command: install one there, or set JAVA_HOME (under sudo: sudo --preserve-env=JAVA_HOME $command ...)." >&2
    exit 1
fi

classpath=
for jar in "$jars"/*.jar; do
    classpath=$classpath${classpath:+:}$jar
done

# A program that the command starts is to find its user's environment and limits, not those made for the JVM.
case " $* " in
    *" -c "* | *" --command "*)
        for variable in JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS CLASSPATH LC_ALL; do
            eval "[ -z \"\${$variable+set}\" ] || export \"MEMSTACKS_USER_$variable=\$$variable\""
        done
        export "MEMSTACKS_USER_NOFILE=${soft:-}"
        ;;
esac

# Options meant for other programs' JVMs must not load agents into this one or write to its output.
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS CLASSPATH
# Names of files and symbols are bytes to us; in the C locale Java would replace what is not ASCII.
LC_ALL=C.UTF-8
export LC_ALL

# An archive that does not fit the jars or the JVM is ignored, silently: the JVM would say so on stdout,
# which belongs to the data.
archive=
if [ -e "$jars/$command.aot" ]; then
    archive=-XX:AOTCache=$jars/$command.aot
elif [ -e "$jars/$command.jsa" ]; then
    archive=-XX:SharedArchiveFile=$jars/$command.jsa
fi
# What the JVM itself has to say (on SIGQUIT: where its threads are) goes to stderr likewise.
# shellcheck disable=SC2086 # lists of options
exec "$java_home/bin/java" \
    ${archive:+"$archive"} \
    -Xlog:disable -Xlog:all=error:stderr -Xlog:cds*=off:stderr -Xlog:aot*=off:stderr \
    -XX:+DisplayVMOutputToStderr -XX:-UsePerfData --enable-native-access=ALL-UNNAMED \
    $flags ${MEMSTACKS_JAVA_OPTS:-} \
    -cp "$classpath" "$main" "$@"
