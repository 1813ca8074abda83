// Takes C's memory from goroutines, without end.
package main

// #include <stdlib.h>
// static void *volatile sink;
// static void take_in_c(int size) { sink = malloc(size); free(sink); }
import "C"
import "time"

//go:noinline
func takeFromGo(size int) { C.take_in_c(C.int(size)) }

//go:noinline
func work(depth, size int) {
	if depth > 0 {
		work(depth-1, size)
		return
	}
	takeFromGo(size)
}

func main() {
	for {
		work(3, 10)
		done := make(chan bool)
		go func() {
			work(2, 20)
			done <- true
		}()
		<-done
		time.Sleep(time.Millisecond)
	}
}
