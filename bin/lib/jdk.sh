# Finds a JDK by reading the "release" file beside it: no process is started.
# Sourced by the launchers and by the build's scripts.

MEMSTACKS_JAVA_VERSION=25

# java_major DIRECTORY: sets `major` to the feature version of the Java in DIRECTORY, 0 when there is none.
java_major() {
    major=0
    [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 0
    while IFS='=' read -r key value; do
        if [ "$key" = JAVA_VERSION ]; then
            value=${value#\"}
            value=${value%%[!0-9]*}
            major=${value:-0}
            return 0
        fi
    done <"$1/release"
}

# find_java [TOOL]: sets `java_home` to a Java of at least MEMSTACKS_JAVA_VERSION that has bin/TOOL
# (default java): $JAVA_HOME when it is new enough, else the oldest sufficient one below /usr/lib/jvm.
# Returns 1 and sets `java_home` to "" when there is none.
find_java() {
    tool=${1:-java}
    java_home=
    best=
    for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
        [ -n "$candidate" ] && [ -x "$candidate/bin/$tool" ] || continue
        java_major "$candidate"
        [ "$major" -ge "$MEMSTACKS_JAVA_VERSION" ] || continue
        if [ "$candidate" = "${JAVA_HOME:-}" ]; then
            java_home=$candidate
            return 0
        fi
        if [ -z "$best" ] || [ "$major" -lt "$best" ]; then
            best=$major
            java_home=$candidate
        fi
    done
    [ -n "$java_home" ]
}
