module memstacks.example/cgo-service

go 1.19
