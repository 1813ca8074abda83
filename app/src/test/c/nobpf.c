/* A libbpf.so.1 of another age: none of the functions that are called. */
int libbpf_of_another_age(void);

int libbpf_of_another_age(void)
{
	return 0;
}
