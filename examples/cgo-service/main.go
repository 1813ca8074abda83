// cgo-service [LOAD]: ranks LOAD documents a second (default 5000) by a library in C, and holds the last 10,000 of
// them. One in twenty is ranked without regard to case.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

const (
	held  = 10000
	burst = 50
)

var documents [held]*Document

func handleRequest(number int) uint64 {
	document := NewDocument(fmt.Sprintf("Document number %d, about the weather in the mountains", number))
	if old := documents[number%held]; old != nil {
		old.Close()
	}
	documents[number%held] = document
	if number%20 == 0 {
		return document.ScoreNormalized()
	}
	return document.Score()
}

func main() {
	load := 5000
	if len(os.Args) > 1 {
		var err error
		if load, err = strconv.Atoi(os.Args[1]); err != nil || load <= 0 {
			fmt.Fprintln(os.Stderr, "usage: cgo-service [DOCUMENTS-PER-SECOND]")
			os.Exit(2)
		}
	}
	fmt.Printf("cgo-service: pid %d\n", os.Getpid())
	var sum uint64
	for number := 0; ; number++ {
		sum += handleRequest(number)
		if number%burst == 0 {
			time.Sleep(burst * time.Second / time.Duration(load))
		}
	}
}
