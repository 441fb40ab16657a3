package config

// Index says where the solution index is kept.
type Index struct {
	Index string `name:"index" env:"ASSAY_INDEX" placeholder:"DIR" help:"Folder of the solution index, or \"memory\" (default: index in the data folder; with DATABASE_URL assay/index in the user's cache folder). Databases and processes may share it."`
}

// InMemory is the value of --index that keeps the index in memory.
const InMemory = "memory"
